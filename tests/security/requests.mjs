// Requests that do something real, one for each RPC, and what a tenant has so that they find something. `mark` stands in
// everything that one tenant must not see of another.
import grpc from '@grpc/grpc-js';
import {activity, code, event, range, rating, startOfToday, stubs, subscription, time} from './support.mjs';
import {rolesOf} from './table.mjs';

const march = range('2024-03-01T00:00:00Z', '2024-04-01T00:00:00Z');
const ever = range('2023-01-01T00:00:00Z', '2024-12-31T00:00:00Z');
const now = () => time(Date.now());
const dayBefore = (days) => time(startOfToday() - days * 86_400_000);

// Small, and learnable: half of those who do not pay late leave.
const csv = (mark) => `id,late,${mark},lost\n` +
  Array.from({length: 120}, (_, i) => `c-${i},${i % 4},${i % 7},${i % 4 > 1 || i % 5 === 0 ? 'yes' : 'no'}\n`).join('');

const conversation = (mark, id, customer = 'c-1') => [
  event('asked', id, 'customer', '2024-03-05T10:00:00Z', {customer_id: customer, labels: {team: mark}, tier: mark}),
  event('angry', id, 'escalated', '2024-03-05T10:30:00Z',
        {customer_id: customer, escalated: {reason: 'ESCALATION_REASON_TONE', detail: mark}}),
  event('answered', id, 'agent', '2024-03-05T11:00:00Z', {customer_id: customer, agent_id: 'ann'}),
  event('follows', id, 'follower_added', '2024-03-05T11:30:00Z', {customer_id: customer, follower_added: {follower_id: `${mark}-follower`}}),
];
const waiting = (mark) => event('asked', `waiting-${mark}`, 'customer', Date.now() - 3_600_000, {customer_id: mark});

const calendar = (mark) => ({
  calendar_id: 'office', display_name: mark, time_zone: 'UTC', is_default: true,
  week: [{day: 'DAY_OF_WEEK_MONDAY', hours: [{opens_at: '09:00', closes_at: '17:00'}]}],
});
const policy = (mark) => ({
  policy_id: 'gold', display_name: mark, tiers: [mark],
  targets: [{metric: 'METRIC_FIRST_RESPONSE_TIME', clock: 'CLOCK_CALENDAR', within: {seconds: 3600}}],
});
const promise = (mark, id) => ({
  promise_id: id, customer_id: 'c-1', conversation_id: 'talk-1', description: mark, agent_id: 'ann',
  made_at: time('2024-03-05T10:00:00Z'), due_at: time('2024-03-06T10:00:00Z'),
});
const activities = (mark, id, customer) => [
  activity(`${id}-1`, customer, 'signed_up', '2024-01-01T00:00:00Z'),
  activity(`${id}-2`, customer, 'converted', '2024-01-02T00:00:00Z', {subscription: subscription(5000, mark)}),
  activity(`${id}-3`, customer, 'attributes_set', '2024-01-03T00:00:00Z', {attributes: {segment: mark}}),
  activity(`${id}-4`, customer, 'interest_shown', '2024-01-04T00:00:00Z', {topic: mark}),
  activity(`${id}-5`, customer, 'owner_assigned', '2024-01-05T00:00:00Z', {owner_id: mark}),
  activity(`${id}-6`, customer, 'purchased', '2024-02-04T00:00:00Z', {amount_minor: 100, currency: 'EUR'}),
  activity(`${id}-7`, customer, 'purchased', '2024-03-04T00:00:00Z', {amount_minor: 100, currency: 'EUR'}),
];
const healthRules = (mark) => ({signals: [{name: 'days_since_signup', description: mark, weight: 1, worst: 30, best: 0}]});

// By service and RPC. `id` tells what is written apart from what else is there; what is asked for is what `fill` wrote.
export const requests = (mark, id = 'r-1') => ({
  ratings: {
    RecordRating: {rating: rating(id, {comment: mark, comment_visibility: 'COMMENT_VISIBILITY_ALL', agent_id: 'ann', labels: {team: mark}})},
    RecordRatings: {ratings: [rating(`${id}-batch`, {comment: mark, labels: {team: mark}, emoticon: 'EMOTICON_UNHAPPY', customer_id: `${mark}-c`})]},
    IngestRatings: {sequence: 1, ratings: [rating(`${id}-stream`, {comment: mark})]},
    RecordSurveys: {surveys: [{survey_id: id, customer_id: 'c-1', scale: 'SCALE_EMOTICON_3', status: 'SURVEY_STATUS_DELIVERED',
      labels: {team: mark}, occurred_at: time('2024-03-04T10:00:00Z')}]},
    GetRating: {rating_id: 'r-1'},
    ListRatings: {range: ever},
    QueryRatings: {range: march, group_by: 'DIMENSION_TEAM', include_customer_figures: true},
    BatchGetCustomerSatisfaction: {customer_ids: ['c-1', 'c-erase']},
    ListCustomersBySatisfaction: {range: march, scale: 'SCALE_EMOTICON_3', order: 'CUSTOMER_ORDER_HAPPIEST', min_ratings: 1},
    WatchRatings: {},
    ExportRatings: {range: ever},
    EraseCustomer: {customer_id: 'c-erase'},
  },
  responseTimes: {
    RecordEvents: {events: [...conversation(mark, `talk-${id}`), waiting(mark)]},
    IngestEvents: {sequence: 1, events: conversation(mark, `talk-${id}-stream`)},
    QueryResponseTimes: {range: march, group_by: 'DIMENSION_TEAM'},
    GetShareRank: {range: march, metric: 'METRIC_FIRST_RESPONSE_TIME', duration: {seconds: 60}},
    GetConversation: {conversation_id: 'talk-1'},
    ListWaiting: {},
    GetBacklog: {},
    BatchGetCustomerResponsiveness: {customer_ids: ['c-1', 'c-erase']},
    QueryEscalations: {range: march},
    ExportEvents: {range: ever},
    EraseCustomer: {customer_id: 'c-erase'},
    MakePromise: {promise: promise(mark, `promise-${id}`)},
    KeepPromise: {promise_id: 'promise-1'},
    CancelPromise: {promise_id: 'promise-2'},
    ListPromises: {due: ever},
    QueryPromises: {range: march, group_by: 'DIMENSION_TEAM'},
    WatchPromises: {},
    CreateBusinessCalendar: {calendar: {...calendar(mark), calendar_id: `office-${id}`, is_default: false}},
    GetBusinessCalendar: {calendar_id: 'office'},
    ListBusinessCalendars: {},
    UpdateBusinessCalendar: {calendar: {...calendar(mark), display_name: `${mark} ${id}`}},
    CreateSlaPolicy: {policy: {...policy(mark), policy_id: `gold-${id}`}},
    GetSlaPolicy: {policy_id: 'gold'},
    ListSlaPolicies: {},
    UpdateSlaPolicy: {policy: {...policy(mark), display_name: `${mark} ${id}`}},
    CreateTrackedIssue: {issue: {issue_id: `issue-${id}`, title: mark, created_at: time('2024-03-05T12:00:00Z')}},
    GetTrackedIssue: {issue_id: 'issue-1'},
    ListTrackedIssues: {},
    LinkConversations: {issue_id: 'issue-open', conversation_ids: ['talk-1']},
    UnlinkConversations: {issue_id: 'issue-open', conversation_ids: ['talk-2']},
    ResolveTrackedIssue: {issue_id: 'issue-open', resolved_at: time('2024-03-07T12:00:00Z')},
    ListPeopleToTell: {issue_id: 'issue-1'},
    MarkPeopleTold: {issue_id: 'issue-1', customer_ids: ['c-1']},
    WatchResolutions: {},
  },
  churn: {
    RecordActivities: {activities: activities(mark, id, 'c-1')},
    IngestActivities: {sequence: 1, activities: activities(mark, `${id}-stream`, 'c-2')},
    GetCustomer: {customer_id: 'c-1'},
    SearchCustomers: {},
    EraseCustomer: {customer_id: 'c-erase'},
    GetFeatureSchema: {},
    BatchGetFeatures: {customer_ids: ['c-1', 'c-erase'], as_of: time('2024-04-01T00:00:00Z')},
    ExportTrainingData: {outcomes: {cut_off: time('2024-02-01T00:00:00Z'), horizon_days: 30}},
    ScoreCustomer: {customer_id: 'c-1'},
    BatchScoreCustomers: {customer_ids: ['c-1', 'c-erase']},
    ScoreFeatures: {rows: [{id: 'x', values: {late: {number: 1}}}]},
    StreamScores: {},
    ListCustomersByRisk: {},
    WatchRisk: {},
    SweepScores: {},
    GetHealthRules: {},
    SetHealthRules: {rules: healthRules(`${mark} ${id}`)},
    TrainModel: {training_id: `training-${id}`, options: {skip_evaluation: true, folds: 2},
      labelled_file: {name: mark, csv: Buffer.from(csv(mark)), label_column: 'lost', positive_value: 'yes', id_column: 'id'}},
    GetTraining: {training_id: 'training-1'},
    ListTrainings: {},
    CancelTraining: {training_id: 'training-1'},
    ListModels: {},
    GetModel: {},
    ExportModel: {},
    ActivateModel: {},
    RollBackModel: {},
    SetShadowModel: {},
    GetDrift: {},
    QueryChurn: {range: march},
    QueryRetention: {range: march},
    QueryConversion: {range: march},
    ForecastPurchases: {as_of: time('2024-04-01T00:00:00Z'), horizon_days: 30},
  },
});

// What the reads above find: of each tenant the same ids, with its own mark.
export async function fill({ratings, responseTimes, churn}, mark) {
  await ratings.record([
    rating('r-1', {comment: mark, comment_visibility: 'COMMENT_VISIBILITY_ALL', agent_id: 'ann', labels: {team: mark}}),
    rating('r-2', {comment: mark, agent_id: 'bob', customer_id: mark}),
    rating('r-erase', {comment: mark, customer_id: 'c-erase', labels: {team: mark}}),
  ]);
  await responseTimes.call('CreateBusinessCalendar', {calendar: calendar(mark)});
  await responseTimes.call('CreateSlaPolicy', {policy: policy(mark)});
  await responseTimes.recordEvents([...conversation(mark, 'talk-1'), ...conversation(mark, 'talk-2', `${mark}-c`),
                                    ...conversation(mark, 'talk-3', 'c-erase'), waiting(mark)]);
  for (const id of ['promise-1', 'promise-2', 'promise-3']) await responseTimes.call('MakePromise', {promise: promise(mark, id)});
  for (const id of ['issue-1', 'issue-open']) {
    await responseTimes.call('CreateTrackedIssue', {issue: {issue_id: id, title: mark, created_at: time('2024-03-05T12:00:00Z')}});
    await responseTimes.call('LinkConversations', {issue_id: id, conversation_ids: ['talk-1', 'talk-2', 'talk-3']});
  }
  await responseTimes.call('ResolveTrackedIssue', {issue_id: 'issue-1', resolved_at: time('2024-03-06T12:00:00Z')});
  await churn.recordActivities([...activities(mark, 'a', 'c-1'), ...activities(mark, 'a', `${mark}-c`), ...activities(mark, 'a', 'c-erase')]);
  await churn.call('SetHealthRules', {rules: healthRules(mark)});
  await churn.call('SweepScores', {});
}

const shapes = Object.fromEntries(Object.entries(stubs).map(([kind, stub]) => [kind, stub.service]));
export const rpcsOf = (kind) => Object.keys(shapes[kind]);
export const nameOfService = (kind) => Object.values(shapes[kind])[0].path.split('/')[1];

// Calls any RPC of any shape, and resolves to {code, details, messages}. A stream that does not end by itself is ended
// after `patience`, which counts as OK.
export function perform(client, kind, rpc, request, patience = 20_000) {
  const {requestStream, responseStream} = shapes[kind][rpc];
  return new Promise((resolve) => {
    const messages = [];
    const end = (error) => {
      const expired = error?.code === code.DEADLINE_EXCEEDED && responseStream && !requestStream;
      resolve({code: expired ? code.OK : error?.code ?? code.OK, details: error?.details ?? '', messages});
    };
    const options = {deadline: Date.now() + patience};
    if (!responseStream) {
      client.stub[rpc](request, client.metadata, options, (error, response) => {
        if (!error) messages.push(response);
        end(error);
      });
      return;
    }
    const call = requestStream ? client.stub[rpc](client.metadata, options) : client.stub[rpc](request, client.metadata, options);
    call.on('data', (message) => messages.push(message));
    call.on('error', end);
    call.on('end', () => end());
    if (requestStream) call.end(request);
  });
}

// What changes by itself from one moment to the next.
const volatile = new Set(['as_of', 'business_time', 'calendar_time', 'computed_at', 'fetched_at', 'measured_at', 'oldest_input_at',
  'oldest_wait', 'progress', 'remaining', 'step', 'waiting', 'probability', 'health_score', 'raw_score', 'reasons', 'baseline']);
export const isWatch = (rpc) => rpc.startsWith('Watch');

// As JSON with the keys of maps in order, bytes as text, and without what is volatile.
export function textOf(answer) {
  return JSON.stringify(answer, (key, value) => {
    if (volatile.has(key)) return undefined;
    if (value?.type === 'Buffer') return Buffer.from(value.data).toString('latin1');
    const isObject = value !== null && typeof value === 'object' && !Array.isArray(value);
    return isObject ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1)) : value;
  });
}

// All answers that a caller who may read everything gets, as text by RPC.
export async function everythingOf(clients) {
  const seen = {};
  for (const [kind, client] of Object.entries(clients)) {
    for (const rpc of rpcsOf(kind).filter((each) => rolesOf[kind][each].includes('read') && !isWatch(each))) {
      seen[`${kind}.${rpc}`] = textOf(await perform(client, kind, rpc, requests('any')[kind][rpc]));
    }
  }
  return seen;
}
