import assert from 'node:assert/strict';
import test from 'node:test';
import {code, count, event, millisOf, range, startResponseTimes, time} from './harness.mjs';

const march = range('2024-03-01T00:00:00Z', '2024-04-01T00:00:00Z');
const outcomes = (response) => response.results.map((result) => result.outcome);
const minutes = (duration) => Number(duration.seconds) / 60;

// A bot first, then people; a hold that pauses the second wait.
const conversation = [
  event('1', 'v-1', 'customer', '2024-03-05T10:00:00Z'),
  event('2', 'v-1', 'bot', '2024-03-05T10:01:00Z'),
  event('3', 'v-1', 'handed_off', '2024-03-05T10:05:00Z'),
  event('4', 'v-1', 'agent', '2024-03-05T10:15:00Z', {agent_id: 'mona'}),
  event('5', 'v-1', 'customer', '2024-03-05T11:00:00Z'),
  event('6', 'v-1', 'held', '2024-03-05T11:10:00Z'),
  event('7', 'v-1', 'released', '2024-03-05T11:40:00Z'),
  event('8', 'v-1', 'agent', '2024-03-05T11:50:00Z', {agent_id: 'tim', message: {then: 'STATUS_CHANGE_RESOLVED'}}),
];

async function query(client, request = {}) {
  return client.call('QueryResponseTimes', {range: march, ...request});
}

test('an event is taken once, corrected by a later revision and taken out by a deletion', async (t) => {
  const client = (await startResponseTimes(t)).client();
  const [asked] = conversation;
  const answered = event('a', 'v-1', 'agent', '2024-03-05T10:20:00Z');
  assert.deepEqual(outcomes(await client.call('RecordEvents', {events: [asked, answered, asked]})),
      ['OUTCOME_CREATED', 'OUTCOME_CREATED', 'OUTCOME_DUPLICATE']);
  const corrected = {...answered, revision: 1, occurred_at: time('2024-03-05T10:30:00Z')};
  assert.deepEqual(outcomes(await client.call('RecordEvents', {events: [corrected]})), ['OUTCOME_REPLACED']);
  assert.deepEqual(outcomes(await client.call('RecordEvents', {events: [answered]})), ['OUTCOME_SUPERSEDED']);
  assert.equal((await query(client)).totals[0].times[0].mean.value, 1800);
  await client.recordEvents([{event_id: 'a', conversation_id: 'v-1', revision: 2, deleted: true, occurred_at: corrected.occurred_at}]);
  const [figures] = (await query(client)).totals[0].times;
  assert.deepEqual([count(figures.answered_count), count(figures.open_count)], [0, 1]);
});

test('the order, the repetition and the batches of events do not matter', async (t) => {
  const client = (await startResponseTimes(t)).client();
  const copies = (id) => conversation.map((each) => ({...each, conversation_id: id}));
  await client.recordEvents(copies('in-order'));
  const request = {
    metrics: ['METRIC_FIRST_RESPONSE_TIME', 'METRIC_NEXT_RESPONSE_TIME', 'METRIC_FULL_RESOLUTION_TIME', 'METRIC_ON_HOLD_TIME'],
    include_histogram: true,
  };
  const once = await query(client, request);
  await client.call('EraseCustomer', {customer_id: 'c-1'});
  const backwards = copies('backwards').map((each) => ({...each, customer_id: 'c-2'})).reverse();
  for (const each of [...backwards, ...backwards]) await client.recordEvents([each]);
  assert.deepEqual(await query(client, request), once);
});

test('a stream of events is acknowledged batch by batch', async (t) => {
  const client = (await startResponseTimes(t)).client();
  const stream = client.stub.IngestEvents(client.metadata, {deadline: Date.now() + 60_000});
  const acknowledgements = [];
  const ended = new Promise((resolve, reject) => {
    stream.on('data', (message) => acknowledgements.push(message)).on('end', resolve).on('error', reject);
  });
  stream.write({sequence: 7, events: conversation.slice(0, 4)});
  stream.write({sequence: 8, events: [...conversation.slice(4), event('', 'v-1', 'agent', '2024-03-05T12:00:00Z')]});
  stream.end();
  await ended;
  assert.deepEqual(acknowledgements.map(({sequence}) => Number(sequence)), [7, 8]);
  assert.deepEqual(acknowledgements[1].results.map(({status}) => status?.code ?? 0), [0, 0, 0, 0, 3]);
  assert.match(acknowledgements[1].results[4].status.message, /event_id/);
});

test('a conversation is explained: what each event did, what was measured, and why', async (t) => {
  const client = (await startResponseTimes(t)).client();
  await client.recordEvents(conversation);
  const explained = await client.call('GetConversation', {conversation_id: 'v-1'});
  assert.equal(explained.state, 'CONVERSATION_STATE_RESOLVED');
  assert.deepEqual(explained.timeline.map(({event: each}) => each.event_id), ['1', '2', '3', '4', '5', '6', '7', '8']);
  assert.match(explained.timeline[1].effect, /bot/);
  assert.match(explained.timeline[2].effect, /handed to people/);
  const stretches = (metric) => explained.stretches.filter(({metrics}) => metrics.includes(metric));
  const [first] = stretches('METRIC_FIRST_RESPONSE_TIME');
  assert.equal(millisOf(first.start), Date.parse('2024-03-05T10:05:00Z'));
  assert.equal(minutes(first.calendar_time), 10);
  assert.equal(first.agent_id, 'mona');
  const next = stretches('METRIC_NEXT_RESPONSE_TIME').map(({calendar_time, agent_id}) => [minutes(calendar_time), agent_id]);
  assert.deepEqual(next, [[10, 'mona'], [20, 'tim']]);
  assert.deepEqual(stretches('METRIC_ON_HOLD_TIME').map(({calendar_time}) => minutes(calendar_time)), [30]);
  for (const {reason} of explained.stretches) assert.ok(reason);
  await assert.rejects(client.call('GetConversation', {conversation_id: 'nobody'}), {code: code.NOT_FOUND});
});

test('a refused event names the field and sinks no neighbour', async (t) => {
  const client = (await startResponseTimes(t)).client();
  const at = '2024-03-05T10:00:00Z';
  const {results} = await client.call('RecordEvents', {
    events: [
      event('good', 'v-1', 'customer', at),
      event('nobody', 'v-1', 'customer', at, {customer_id: ''}),
      event('early', 'v-1', 'agent', at, {opened_at: time('2024-03-05T10:00:01Z')}),
      event('future', 'v-1', 'agent', Date.now() + 40 * 86_400_000),
      event('snoozed', 'v-1', 'snoozed', at),
      event('escalated', 'v-1', 'escalated', at),
    ],
  });
  assert.deepEqual(results.map(({status}) => status?.code ?? 0), [0, 3, 3, 3, 3, 3]);
  [null, /customer_id/, /opened_at/, /occurred_at/, /until/, /reason/].forEach((field, i) => {
    if (field) assert.match(results[i].status.message, field);
  });
});
