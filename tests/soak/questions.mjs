// Everything that users ask, each with how often it is asked: [weight, (caller, about) => promise]. `about` has the whole
// time (range), ids of customers and a source of random numbers.
import {agents, plans, teams, topics} from './lives.mjs';

const pick = (values, random) => values[Math.floor(random() * values.length)];
const dimension = (random) => pick([
  {dimension: 'DIMENSION_AGENT', value: pick(agents, random)}, {dimension: 'DIMENSION_TEAM', value: pick(teams, random)},
  {dimension: 'DIMENSION_PLAN', value: pick(plans, random)}, undefined], random);
// Grouped by one dimension or filtered by another; never both by the same, which is refused.
const groupBy = (random) => `DIMENSION_${pick(['AGENT', 'TEAM', 'CHANNEL', 'PLAN', 'UNSPECIFIED'], random)}`;
const cut = (random) => {
  const [group_by, filter] = [groupBy(random), dimension(random)];
  return filter?.dimension === group_by ? {group_by} : {group_by, filter};
};
const bucket = (random) => `BUCKET_${pick(['ALL', 'DAY', 'WEEK', 'MONTH'], random)}`;
const scale = (random) => `SCALE_${pick(['EMOTICON_3', 'CSAT_5', 'NPS_11', 'THUMBS_2'], random)}`;

// Some pages of a list.
async function pages(caller, service, method, request, most = 3) {
  for (let page = 0, page_token = ''; page < most; page++) {
    const answer = await caller.call(service, method, {...request, page: {page_size: 50, page_token}});
    page_token = answer?.next_page_token;
    if (!page_token) return;
  }
}

export const questions = [
  [8, (c, {range, random}) => c.call('ratings', 'QueryRatings', {
    range, bucket: bucket(random), ...cut(random), scale: scale(random), compare_with_previous: random() < 0.3})],
  [1, (c, {week, random}) => c.call('ratings', 'QueryRatings', {range: week, group_by: groupBy(random), include_customer_figures: true, top_customers: 5})],
  [3, (c, {range, random}) => pages(c, 'ratings', 'ListRatings', {range, filter: {sentiment: 'SENTIMENT_NEGATIVE', with_comment: random() < 0.5}})],
  [4, (c, {range, ids}) => c.call('ratings', 'BatchGetCustomerSatisfaction', {range, customer_ids: ids(20)})],
  [1, (c, {week, random}) => pages(c, 'ratings', 'ListCustomersBySatisfaction', {range: week, scale: scale(random), order: 'CUSTOMER_ORDER_LEAST_HAPPY', min_ratings: 1})],
  [3, (c, {ids}) => c.call('ratings', 'GetRating', {rating_id: `${ids(1)[0]}-r1`}, {expect: ['OK', 'NOT_FOUND']})],
  [0.3, (c, {week}) => c.stream('ratings', 'ExportRatings', {range: week})],

  [8, (c, {range, random}) => c.call('responseTimes', 'QueryResponseTimes', {
    range, bucket: bucket(random), metrics: ['METRIC_FIRST_RESPONSE_TIME', 'METRIC_FULL_RESOLUTION_TIME'], group_by: groupBy(random),
    quantiles: [0.5, 0.9, 0.99], thresholds: [{seconds: 3600}, {seconds: 21_600}], include_histogram: random() < 0.2})],
  [2, (c, {range}) => c.call('responseTimes', 'GetShareRank', {range, duration: {seconds: 7200}, metric: 'METRIC_FIRST_RESPONSE_TIME', clock: 'CLOCK_CALENDAR'})],
  [3, (c, {ids}) => c.call('responseTimes', 'GetConversation', {conversation_id: `${ids(1)[0]}-v1`}, {expect: ['OK', 'NOT_FOUND']})],
  [3, (c) => pages(c, 'responseTimes', 'ListWaiting', {})],
  [3, (c) => c.call('responseTimes', 'GetBacklog', {})],
  [4, (c, {range, ids}) => c.call('responseTimes', 'BatchGetCustomerResponsiveness', {range, customer_ids: ids(20)})],
  [2, (c, {week}) => c.call('responseTimes', 'QueryEscalations', {range: week, top_customers: 5})],
  [3, (c, {range, random}) => pages(c, 'responseTimes', 'ListPromises', {due: range, states: [`PROMISE_STATE_${pick(['BROKEN', 'PENDING', 'KEPT'], random)}`]})],
  [3, (c, {range, random}) => c.call('responseTimes', 'QueryPromises', {range, bucket: bucket(random), group_by: groupBy(random)})],
  [2, (c) => pages(c, 'responseTimes', 'ListTrackedIssues', {})],
  [0.5, (c) => c.call('responseTimes', 'ListSlaPolicies', {})],
  [0.3, (c, {week}) => c.stream('responseTimes', 'ExportEvents', {range: week})],

  [6, (c, {ids, random}) => c.call('churn', 'ScoreCustomer', {customer_id: ids(1)[0], options: {max_reasons: random() < 0.5 ? 3 : 0}}, {expect: ['OK', 'NOT_FOUND', 'FAILED_PRECONDITION']})],
  [2, (c, {ids}) => c.call('churn', 'BatchScoreCustomers', {customer_ids: ids(30), options: {skip_reasons: true}})],
  [3, (c, {ids}) => c.call('churn', 'GetCustomer', {customer_id: ids(1)[0]}, {expect: ['OK', 'NOT_FOUND']})],
  [3, (c, {random}) => pages(c, 'churn', 'SearchCustomers', {
    filter: pick([`interest:${pick(topics, random)} AND concern:${pick(topics, random)} within 30d`, `plan = ${pick(plans, random)} AND NOT band = GREEN`,
      `owner = ${pick(agents, random)} AND revenue > 5000`, 'lost < 30d', 'active = true AND tenure_days > 20'], random)})],
  [3, (c, {random}) => pages(c, 'churn', 'ListCustomersByRisk', {band: `HEALTH_BAND_${pick(['RED', 'YELLOW', 'UNSPECIFIED'], random)}`})],
  [1, (c, {ids}) => c.call('churn', 'BatchGetFeatures', {customer_ids: ids(5)})],
  [2, (c, {range, random}) => c.call('churn', 'QueryChurn', {range, bucket: bucket(random), grouping: {group_by: pick(['plan', 'owner', ''], random)}})],
  [1, (c, {range}) => c.call('churn', 'QueryRetention', {range, by_cohort: true})],
  [1, (c, {range}) => c.call('churn', 'QueryConversion', {range, window_months: [1, 3]})],
  [0.5, (c) => c.call('churn', 'ForecastPurchases', {horizon_days: 30}, {expect: ['OK', 'FAILED_PRECONDITION']})],
  [0.5, (c) => c.call('churn', 'GetDrift', {}, {expect: ['OK', 'NOT_FOUND', 'FAILED_PRECONDITION']})],
  [1, (c) => c.call('churn', 'ListModels', {})],
  [0.5, (c) => c.call('churn', 'GetHealthRules', {})],
  [0.05, (c) => c.stream('churn', 'StreamScores', {rescore: true, options: {skip_reasons: true}})],
];

const total = questions.reduce((sum, [weight]) => sum + weight, 0);

export function ask(caller, about) {
  let at = about.random() * total;
  const question = questions.find(([weight]) => (at -= weight) < 0) ?? questions[0];
  return question[1](caller, about);
}

// What is asked wrongly: each is refused, and with what.
export const mistakes = [
  ['ratings', 'RecordRating', {rating: {rating_id: 'r', customer_id: 'c', scale: 'SCALE_NPS_11', points: 99, occurred_at: {seconds: 1_700_000_000}}}, 'INVALID_ARGUMENT'],
  ['ratings', 'QueryRatings', {range: {start: {seconds: 5}, end: {seconds: 1}}}, 'INVALID_ARGUMENT'],
  ['ratings', 'ListRatings', {page: {page_token: 'not ours'}}, 'INVALID_ARGUMENT'],
  ['responseTimes', 'GetConversation', {conversation_id: ''}, 'INVALID_ARGUMENT'],
  ['responseTimes', 'GetTrackedIssue', {issue_id: 'none such'}, 'NOT_FOUND'],
  ['churn', 'SearchCustomers', {filter: 'interest:('}, 'INVALID_ARGUMENT'],
  ['churn', 'GetTraining', {training_id: 'none such'}, 'NOT_FOUND'],
];
