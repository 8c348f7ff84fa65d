import assert from 'node:assert/strict';
import test from 'node:test';
import {count, event, range, startResponseTimes} from './harness.mjs';
import {randomNumbers, wilson} from './reference.mjs';

const march = range('2024-03-01T00:00:00Z', '2024-04-01T00:00:00Z');
const begin = Date.parse('2024-03-02T00:00:00Z');

// Conversations of March, one customer's message and mostly one reply each: their times in seconds, null for open ones.
function makeTimes(count, random) {
  return Array.from({length: count}, () => random() < 0.1 ? null : Math.round(30 * Math.exp(8 * random())));
}

function eventsOf(times, fields = {}) {
  return times.flatMap((seconds, i) => {
    const start = begin + i * 3_600_000;
    const asked = event('asked', `${fields.prefix ?? 'v'}-${i}`, 'customer', start, {customer_id: `c-${i % 40}`, channel: fields.channel});
    if (seconds === null) return [asked];
    const answer = event('answered', asked.conversation_id, 'agent', start + seconds * 1000, {agent_id: fields.agent});
    return [asked, answer];
  });
}

const near = (actual, wanted) => assert.ok(Math.abs(actual - wanted) <= 0.01 * wanted + 1e-9, `${actual} instead of ${wanted}`);

test('figures are those of the times behind them', async (t) => {
  const client = (await startResponseTimes(t)).client();
  const times = makeTimes(600, randomNumbers(7));
  await client.recordEvents(eventsOf(times));
  const request = {range: march, quantiles: [0.1, 0.5, 0.9, 0.99], thresholds: [{seconds: 3600}, {seconds: 21600}], include_histogram: true};
  const [figures] = (await client.call('QueryResponseTimes', request)).totals[0].times;

  const answered = times.filter((seconds) => seconds !== null).sort((a, b) => a - b);
  const open = times.length - answered.length;
  assert.equal(Number(figures.answered_count), answered.length);
  assert.equal(Number(figures.open_count), open);
  near(figures.mean.value, answered.reduce((sum, each) => sum + each, 0) / answered.length);
  assert.equal(Number(figures.max.seconds), answered.at(-1));
  for (const {quantile, answered: figure, kaplan_meier} of figures.quantiles) {
    near(figure.value, answered[Math.ceil(quantile * answered.length) - 1]);
    // The open ones are years old, so that the estimate takes them all for slower.
    const rank = Math.ceil(quantile * times.length) - 1;
    if (rank < answered.length) near(kaplan_meier.value, answered[rank]);
    else assert.equal(kaplan_meier?.value, undefined);
  }
  for (const {threshold, within} of figures.within) {
    const fast = answered.filter((seconds) => seconds <= Number(threshold.seconds)).length;
    assert.equal(Number(within.sample_size), times.length);
    assert.ok(Math.abs(within.value - fast / times.length) < 1e-9);
    assert.ok(Math.abs(within.ci_low - wilson(fast, times.length).low) < 1e-9);
  }
  const histogram = figures.histogram.map((bucket) => count(bucket.count));
  assert.equal(histogram.reduce((sum, each) => sum + each, 0), answered.length);
  assert.equal(histogram[3] + histogram[2] + histogram[1] + histogram[0], answered.filter((seconds) => seconds <= 3600).length);

  const {slower_than: rank} = await client.call('GetShareRank', {range: march, duration: {seconds: 21600}});
  near(rank.value, answered.filter((seconds) => seconds < 21600).length / answered.length);
});

test('a group is the whole of its own, and buckets add up', async (t) => {
  const client = (await startResponseTimes(t)).client();
  const random = randomNumbers(3);
  await client.recordEvents([
    ...eventsOf(makeTimes(50, random), {prefix: 'e', channel: 'CHANNEL_EMAIL', agent: 'mona'}),
    ...eventsOf(makeTimes(70, random), {prefix: 'c', channel: 'CHANNEL_CHAT', agent: 'tim'}),
  ]);
  const begun = ({times}) => count(times[0].answered_count) + count(times[0].open_count);
  const byChannel = await client.call('QueryResponseTimes', {range: march, bucket: 'BUCKET_DAY', group_by: 'DIMENSION_CHANNEL',
    time_zone: 'Europe/Berlin'});
  assert.deepEqual(Object.fromEntries(byChannel.totals.map((row) => [row.group, begun(row)])), {CHAT: 70, EMAIL: 50});
  assert.equal(byChannel.rows.reduce((sum, row) => sum + begun(row), 0), 120);
  const chat = await client.call('QueryResponseTimes', {range: march, filter: {dimension: 'DIMENSION_CHANNEL', value: 'CHAT'}});
  assert.deepEqual(chat.totals[0].times, byChannel.totals.find(({group}) => group === 'CHAT').times);
});

test('customers and the public see no tail, no maximum and no small group', async (t) => {
  const client = (await startResponseTimes(t)).client();
  await client.recordEvents([
    ...eventsOf(makeTimes(300, randomNumbers(5)), {prefix: 'e', channel: 'CHANNEL_EMAIL'}),
    ...eventsOf([60, 120], {prefix: 's', channel: 'CHANNEL_SOCIAL'}),
    event('angry', 'e-1', 'escalated', begin + 40 * 3_600_000, {escalated: {reason: 'ESCALATION_REASON_TONE', detail: 'rude'}}),
  ]);
  const request = {range: march, group_by: 'DIMENSION_CHANNEL', quantiles: [0.5, 0.99]};
  for (const audience of ['AUDIENCE_CUSTOMER', 'AUDIENCE_PUBLIC']) {
    const rows = Object.fromEntries(
        (await client.call('QueryResponseTimes', {...request, audience})).totals.map((row) => [row.group, row.times[0]]));
    assert.equal(rows.SOCIAL.suppressed, true);
    assert.equal(rows.SOCIAL.mean?.value, undefined);
    for (const figures of Object.values(rows)) {
      assert.equal(figures.max ?? null, null);
      assert.equal(figures.quantiles?.find(({quantile}) => quantile === 0.99)?.answered?.value, undefined);
    }
  }
  const internal = (await client.call('QueryResponseTimes', request)).totals.find(({group}) => group === 'EMAIL').times[0];
  assert.ok(internal.max && internal.quantiles[1].answered.value > 0);
});

test('escalations are counted by events and by customers', async (t) => {
  const client = (await startResponseTimes(t)).client();
  const angry = (i, customer, reason) => [
    event('tried', `a-${i}`, 'self_service_attempt', begin + i * 60_000, {
      customer_id: customer, self_service_attempt: {kind: 'SELF_SERVICE_FORUM'},
    }),
    event('asked', `a-${i}`, 'customer', begin + i * 60_000 + 1000, {customer_id: customer}),
    event('angry', `a-${i}`, 'escalated', begin + i * 60_000 + 2000, {customer_id: customer, escalated: {reason}}),
  ];
  await client.recordEvents([
    ...[0, 1, 2, 3].flatMap((i) => angry(i, 'loud', 'ESCALATION_REASON_BILLING')),
    ...angry(4, 'quiet', 'ESCALATION_REASON_SLOW_RESPONSE'),
    ...angry(5, 'calm', 'ESCALATION_REASON_SLOW_RESPONSE'),
  ]);
  const answer = await client.call('QueryEscalations', {range: march, top_customers: 1});
  assert.deepEqual([answer.event_count, answer.customer_count].map(Number), [6, 3]);
  assert.ok(Math.abs(answer.top_customer_share.value - 4 / 6) < 1e-9);
  assert.deepEqual(answer.reasons.map(({reason, event_count, customer_count}) => [reason, Number(event_count), Number(customer_count)]),
      [['ESCALATION_REASON_SLOW_RESPONSE', 2, 2], ['ESCALATION_REASON_BILLING', 4, 1]]);
  assert.deepEqual(answer.tried_before.map(({kind, conversation_count}) => [kind, Number(conversation_count)]),
      [['SELF_SERVICE_FORUM', 6]]);
});

test('what one customer met with', async (t) => {
  const client = (await startResponseTimes(t)).client();
  const at = (minute) => begin + minute * 60_000;
  await client.recordEvents([
    event('1', 'v-1', 'customer', at(0), {channel: 'CHANNEL_CHAT'}),
    event('2', 'v-1', 'agent', at(30)),
    event('3', 'v-1', 'customer', at(40), {channel: 'CHANNEL_CHAT'}),
    event('4', 'v-1', 'customer', at(41), {channel: 'CHANNEL_CHAT'}),
    event('1', 'v-2', 'customer', at(0), {channel: 'CHANNEL_EMAIL'}),
    event('2', 'v-2', 'agent', at(90), {message: {then: 'STATUS_CHANGE_RESOLVED'}}),
    event('3', 'v-2', 'customer', at(100), {channel: 'CHANNEL_EMAIL'}),
  ]);
  const {customers: [known, unknown]} = await client.call('BatchGetCustomerResponsiveness', {customer_ids: ['c-1', 'nobody']});
  assert.deepEqual([known.conversation_count, known.reopen_count, known.waiting_count].map(Number), [2, 1, 2]);
  assert.equal(Number(known.first_response.answered_count), 2);
  assert.equal(known.first_response.within_1h.value, 0.5);
  assert.deepEqual(known.channels.map((used) => [used.channel, count(used.count)]), [['CHANNEL_CHAT', 3], ['CHANNEL_EMAIL', 2]]);
  assert.equal(count(unknown.conversation_count), 0);
});
