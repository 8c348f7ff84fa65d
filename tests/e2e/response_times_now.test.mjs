import assert from 'node:assert/strict';
import test from 'node:test';
import {code, event, range, startResponseTimes, time, writeCredentials} from './harness.mjs';

const ago = (minutes) => Date.now() - minutes * 60_000;
const always = range('2020-01-01T00:00:00Z', '2040-01-01T00:00:00Z');

// Reads a stream until `wanted` messages satisfy `tells`; answers them and the last token.
async function follow(stream, wanted, tells) {
  const told = [];
  let token;
  for await (const message of stream) {
    token = message.resume_token;
    if (tells(message)) told.push(message);
    if (told.length >= wanted) break;
  }
  stream.cancel();
  return {told, token};
}

const policy = (fields) => ({
  policy_id: 'fast',
  targets: [{metric: 'METRIC_FIRST_RESPONSE_TIME', within: {seconds: 3600}}],
  ...fields,
});
const calendar = (fields) => ({
  calendar_id: 'office',
  time_zone: 'Europe/Berlin',
  is_default: true,
  week: ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY'].map((day) => ({
    day: `DAY_OF_WEEK_${day}`,
    hours: [{opens_at: '09:00', closes_at: '12:00'}, {opens_at: '13:00', closes_at: '17:00'}],
  })),
  holidays: [{date: '2024-03-06', display_name: 'Founding day'}],
  ...fields,
});

test('who waits is listed, the longest first, and leaves the list with the answer', async (t) => {
  const client = (await startResponseTimes(t)).client();
  await client.recordEvents([
    event('1', 'short', 'customer', ago(10), {channel: 'CHANNEL_CHAT'}),
    event('1', 'long', 'customer', ago(100)),
    event('2', 'long', 'assigned', ago(90), {agent_id: 'mona'}),
    event('1', 'held', 'customer', ago(200)),
    event('2', 'held', 'held', ago(190)),
    event('1', 'answered', 'customer', ago(300)),
    event('2', 'answered', 'agent', ago(290)),
  ]);
  const waiting = async (request = {}) =>
    (await client.call('ListWaiting', request)).conversations.map(({conversation_id}) => conversation_id);
  assert.deepEqual((await waiting()).slice(0, 2), ['long', 'short']);
  assert.deepEqual(await waiting({channel: 'CHANNEL_CHAT'}), ['short']);
  assert.deepEqual(await waiting({agent_id: 'mona'}), ['long']);
  const backlog = await client.call('GetBacklog', {});
  assert.equal(Number(backlog.waiting_count), (await waiting()).length);
  await client.recordEvents([event('3', 'long', 'agent', ago(1))]);
  assert.ok(!(await waiting()).includes('long'));
});

test('a promise is kept, kept late, broken or cancelled, whatever comes first', async (t) => {
  const client = (await startResponseTimes(t)).client();
  const promise = (id, due, fields = {}) => ({
    promise_id: id, customer_id: 'c-1', agent_id: 'mona', made_at: time('2024-03-01T00:00:00Z'), due_at: time(due), ...fields,
  });
  await client.call('KeepPromise', {promise_id: 'kept', kept_at: time('2024-03-04T00:00:00Z')});
  for (const each of [promise('kept', '2024-03-05'), promise('late', '2024-03-05'), promise('broken', '2024-03-05'),
    promise('cancelled', '2024-03-05'), promise('pending', Date.now() + 86_400_000)]) {
    await client.call('MakePromise', {promise: each});
  }
  await client.call('KeepPromise', {promise_id: 'late', kept_at: time('2024-03-06')});
  await client.call('CancelPromise', {promise_id: 'cancelled', cancelled_at: time('2024-03-02')});
  const {promises} = await client.call('ListPromises', {due: always});
  assert.deepEqual(Object.fromEntries(promises.map(({promise_id, state}) => [promise_id, state.replace('PROMISE_STATE_', '')])),
      {kept: 'KEPT', late: 'KEPT_LATE', broken: 'BROKEN', cancelled: 'CANCELLED', pending: 'PENDING'});
  const [total] = (await client.call('QueryPromises', {range: always})).totals;
  assert.deepEqual([total.kept_count, total.kept_late_count, total.broken_count, total.pending_count, total.cancelled_count].map(Number),
      [1, 1, 1, 1, 1]);
  assert.ok(Math.abs(total.kept.value - 1 / 3) < 1e-9);
  await client.call('MakePromise', {promise: promise('broken', '2024-03-08', {revision: 1})});
  await client.call('KeepPromise', {promise_id: 'broken', kept_at: time('2024-03-07')});
  const {promises: kept} = await client.call('ListPromises', {due: always, states: ['PROMISE_STATE_KEPT']});
  assert.deepEqual(kept.map(({promise_id}) => promise_id).sort(), ['broken', 'kept']);
});

test('a watch tells of promises that are about to break, break and are kept', async (t) => {
  const client = (await startResponseTimes(t)).client();
  const make = (id, due) => client.call('MakePromise', {
    promise: {promise_id: id, customer_id: 'c-1', made_at: time(ago(1)), due_at: time(due)},
  });
  await make('soon', Date.now() + 3000);
  await make('later', Date.now() + 3_600_000);
  const watching = follow(client.stream('WatchPromises', {about_to_break: {seconds: 60}}), 2, (message) => message.promise);
  const {told, token} = await watching;
  assert.deepEqual(told.map(({news, promise}) => [news, promise.promise_id]),
      [['PROMISE_NEWS_ABOUT_TO_BREAK', 'soon'], ['PROMISE_NEWS_BROKEN', 'soon']]);
  await client.call('KeepPromise', {promise_id: 'later'});
  const isKept = ({news}) => news === 'PROMISE_NEWS_KEPT';
  const resumed = await follow(client.stream('WatchPromises', {resume_token: token}), 1, isKept);
  assert.equal(resumed.told[0].promise.promise_id, 'later');
});

test('business hours count within a calendar, and a new version leaves the past alone', async (t) => {
  const client = (await startResponseTimes(t)).client();
  const {calendar: created} = await client.call('CreateBusinessCalendar', {calendar: calendar()});
  assert.equal(created.version, 1);
  await client.call('CreateBusinessCalendar', {calendar: calendar()});
  await assert.rejects(client.call('CreateBusinessCalendar', {calendar: calendar({display_name: 'other'})}), {code: code.ALREADY_EXISTS});
  // Monday 16:30 to Thursday 10:00, with a holiday between: 30 min, 7 h, none, 1 h.
  await client.recordEvents([
    event('1', 'v-1', 'customer', '2024-03-04T15:30:00Z'),
    event('2', 'v-1', 'agent', '2024-03-07T09:00:00Z'),
  ]);
  const businessTime = async () => {
    const {totals} = await client.call('QueryResponseTimes', {range: always, clocks: ['CLOCK_BUSINESS']});
    return totals[0].times[0].mean.value;
  };
  assert.equal(await businessTime(), 8.5 * 3600);
  const closed = calendar({week: [{day: 'DAY_OF_WEEK_SUNDAY', hours: [{opens_at: '00:00', closes_at: '24:00'}]}], version: 1});
  assert.equal((await client.call('UpdateBusinessCalendar', {calendar: closed})).calendar.version, 2);
  await assert.rejects(client.call('UpdateBusinessCalendar', {calendar: {...closed, display_name: 'x'}}), {code: code.FAILED_PRECONDITION});
  // The conversation is counted again, with its time by the version of then.
  await client.recordEvents([event('3', 'v-1', 'agent', '2024-03-08T09:00:00Z', {message: {visibility: 'VISIBILITY_PRIVATE_NOTE'}})]);
  assert.equal(await businessTime(), 8.5 * 3600);
  const {versions} = await client.call('GetBusinessCalendar', {calendar_id: 'office'});
  assert.deepEqual(versions.map(({version}) => version), [2, 1]);
});

test('a calendar or policy that cannot be is refused by the name of its field', async (t) => {
  const client = (await startResponseTimes(t)).client();
  const hours = (opens_at, closes_at) => [{day: 'DAY_OF_WEEK_MONDAY', hours: [{opens_at, closes_at}]}];
  for (const [fields, name] of [
    [{time_zone: 'Mars/Base'}, /time_zone/],
    [{week: hours('17:00', '09:00')}, /week\[0\]\.hours\[0\]\.closes_at/],
    [{week: hours('9', '12:00')}, /week\[0\]\.hours\[0\]\.opens_at/],
    [{week: []}, /week/],
    [{calendar_id: 'The Office'}, /calendar_id/],
    [{holidays: [{date: '2024-02-30'}]}, /holidays\[0\]\.date/],
  ]) {
    await assert.rejects(client.call('CreateBusinessCalendar', {calendar: calendar(fields)}), (error) => {
      assert.equal(error.code, code.INVALID_ARGUMENT);
      assert.match(error.details, name);
      return true;
    });
  }
  await assert.rejects(client.call('CreateSlaPolicy', {policy: policy({targets: [{metric: 'METRIC_ON_HOLD_TIME', within: {seconds: 1}}]})}),
      (error) => error.code === code.INVALID_ARGUMENT && /targets\[0\]\.metric/.test(error.details));
});

test('a response target makes promises by itself', async (t) => {
  const client = (await startResponseTimes(t)).client();
  await client.call('CreateSlaPolicy', {policy: policy({priorities: ['PRIORITY_URGENT']})});
  await client.recordEvents([
    event('1', 'kept', 'customer', ago(300), {priority: 'PRIORITY_URGENT'}),
    event('2', 'kept', 'agent', ago(290)),
    event('1', 'broken', 'customer', ago(300), {priority: 'PRIORITY_URGENT'}),
    event('1', 'pending', 'customer', ago(10), {priority: 'PRIORITY_URGENT'}),
    event('1', 'other', 'customer', ago(300), {priority: 'PRIORITY_LOW'}),
  ]);
  const {promises} = await client.call('ListPromises', {due: always, origin: 'PROMISE_ORIGIN_POLICY'});
  assert.deepEqual(Object.fromEntries(promises.map(({conversation_id, state}) => [conversation_id, state])),
      {kept: 'PROMISE_STATE_KEPT', broken: 'PROMISE_STATE_BROKEN', pending: 'PROMISE_STATE_PENDING'});
  const explained = await client.call('GetConversation', {conversation_id: 'broken'});
  assert.equal(explained.policy_id, 'fast');
  assert.equal(explained.promises[0].state, 'PROMISE_STATE_BROKEN');
});

test('everyone who raised a tracked issue is told once', async (t) => {
  const client = (await startResponseTimes(t)).client();
  await client.recordEvents([
    event('1', 'mail', 'customer', ago(60), {customer_id: 'c-1'}),
    event('1', 'post', 'customer', ago(50), {customer_id: 'c-2', channel: 'CHANNEL_SOCIAL'}),
    event('2', 'post', 'follower_added', ago(40), {customer_id: 'c-2', follower_added: {follower_id: 'c-3'}}),
    event('1', 'again', 'customer', ago(30), {customer_id: 'c-1'}),
  ]);
  const id = {issue_id: 'export-broken'};
  await client.call('CreateTrackedIssue', {issue: {...id, title: 'The export is broken', created_at: time(ago(45))}});
  await client.call('LinkConversations', {...id, conversation_ids: ['mail', 'post', 'again']});
  await assert.rejects(client.call('ListPeopleToTell', id), {code: code.FAILED_PRECONDITION});
  const since = await follow(client.stream('WatchResolutions', {}), 0, () => false);
  const watching = follow(client.stream('WatchResolutions', {resume_token: since.token}), 3, ({person}) => person);
  await client.call('ResolveTrackedIssue', id);
  assert.deepEqual((await watching).told.map(({person}) => person.customer_id).sort(), ['c-1', 'c-2', 'c-3']);

  const people = async () => (await client.call('ListPeopleToTell', id)).people.map(({customer_id, follower}) => [customer_id, follower ?? false]);
  assert.deepEqual(await people(), [['c-1', false], ['c-2', false], ['c-3', true]]);
  const mark = () => client.call('MarkPeopleTold', {...id, customer_ids: ['c-1', 'c-2']});
  const marked = await Promise.all([mark(), mark(), mark()]);
  assert.deepEqual(marked.flatMap(({newly_marked_ids}) => newly_marked_ids ?? []).sort(), ['c-1', 'c-2']);
  assert.deepEqual(await people(), [['c-3', true]]);
});

test('an erased customer is in no answer and does not come back', async (t) => {
  const client = (await startResponseTimes(t)).client();
  const mine = [
    event('1', 'mine', 'customer', ago(60), {customer_id: 'gone'}),
    event('2', 'mine', 'agent', ago(50), {customer_id: 'gone'}),
  ];
  await client.recordEvents([event('1', 'other', 'customer', ago(60)), event('2', 'other', 'agent', ago(50))]);
  const before = await client.call('QueryResponseTimes', {range: always});
  await client.recordEvents(mine);
  await client.call('MakePromise', {promise: {promise_id: 'p', customer_id: 'gone', made_at: time(ago(60)), due_at: time(ago(1))}});
  assert.equal(Number((await client.call('EraseCustomer', {customer_id: 'gone'})).erased_count), 2);
  assert.equal(Number((await client.call('EraseCustomer', {customer_id: 'gone'})).erased_count ?? 0), 0);
  assert.deepEqual(await client.call('QueryResponseTimes', {range: always}), before);
  await assert.rejects(client.call('GetConversation', {conversation_id: 'mine'}), {code: code.NOT_FOUND});
  assert.equal((await client.call('RecordEvents', {events: mine})).results[0].outcome, 'OUTCOME_ERASED');
  assert.deepEqual(await client.call('QueryResponseTimes', {range: always}), before);
  const exported = (await client.collect('ExportEvents', {range: always})).flatMap(({events}) => events);
  assert.deepEqual(exported.map(({conversation_id, event_id}) => [conversation_id, event_id]), [['other', '1'], ['other', '2']]);
});

test('calls need a valid token and the right role', async (t) => {
  const staff = [
    {name: 'sender', roles: ['ROLE_INGEST']},
    {name: 'analyst', roles: ['ROLE_READ']},
    {name: 'mona', roles: ['ROLE_AGENT'], agent_id: 'mona'},
    {name: 'stranger', roles: ['ROLE_READ', 'ROLE_ADMIN'], tenant: 'other'},
  ];
  const times = await startResponseTimes(t, {flags: [`--credentials=${writeCredentials(t, staff)}`]});
  const [sender, analyst, mona, stranger] = staff.map(({name}) => times.client(name));
  const events = [event('1', 'v-1', 'customer', ago(60))];
  await assert.rejects(times.client().call('RecordEvents', {events}), {code: code.UNAUTHENTICATED});
  await assert.rejects(analyst.call('RecordEvents', {events}), {code: code.PERMISSION_DENIED});
  await sender.recordEvents(events);
  await assert.rejects(sender.call('GetConversation', {conversation_id: 'v-1'}), {code: code.PERMISSION_DENIED});
  await assert.rejects(analyst.call('CreateSlaPolicy', {policy: policy()}), {code: code.PERMISSION_DENIED});
  await assert.rejects(mona.call('QueryResponseTimes', {range: always}), {code: code.PERMISSION_DENIED});
  assert.equal((await mona.call('ListWaiting', {})).conversations.length, 1);
  await assert.rejects(stranger.call('GetConversation', {conversation_id: 'v-1'}), {code: code.NOT_FOUND});
  for (const [agent, id] of [['mona', 'mine'], ['tim', 'his']]) {
    await sender.call('MakePromise', {
      promise: {promise_id: id, customer_id: 'c-1', agent_id: agent, made_at: time(ago(60)), due_at: time(Date.now() + 60_000)},
    });
  }
  assert.deepEqual((await mona.call('ListPromises', {due: always})).promises.map(({promise_id}) => promise_id), ['mine']);
});
