import assert from 'node:assert/strict';
import test from 'node:test';
import {activity, count, range, startChurn, subscription, time} from './harness.mjs';
import {lives} from './churn_lives.mjs';

const begin = (customer, at, minor, plan) => activity('begin', customer, 'converted', at, {subscription: subscription(minor, plan)});
const year = range('2024-01-01T00:00:00Z', '2025-01-01T00:00:00Z');
const june = range('2024-06-01T00:00:00Z', '2024-07-01T00:00:00Z');

// Ten customers of May: two leave in June, one pays less, one pays more, one leaves and is back.
const events = [
  ...Array.from({length: 10}, (_, i) => begin(`c-${i}`, '2024-05-01T00:00:00Z', 1000, i < 5 ? 'pro' : 'business')),
  activity('end', 'c-0', 'cancelled', '2024-06-10T00:00:00Z'),
  activity('end', 'c-1', 'cancelled', '2024-06-01T12:00:00Z', {effective_at: time('2024-06-20T00:00:00Z')}),
  activity('less', 'c-2', 'plan_changed', '2024-06-05T00:00:00Z', {subscription: subscription(400)}),
  activity('more', 'c-5', 'plan_changed', '2024-06-05T00:00:00Z', {subscription: subscription(1500, 'business')}),
  activity('end', 'c-6', 'cancelled', '2024-06-03T00:00:00Z'),
  activity('back', 'c-6', 'returned', '2024-06-13T00:00:00Z', {subscription: subscription(1000, 'business')}),
  // Withdrawn before it took effect, and told of first.
  activity('stay', 'c-7', 'renewed', '2024-06-08T00:00:00Z'),
  activity('end', 'c-7', 'cancelled', '2024-06-02T00:00:00Z', {effective_at: time('2024-06-28T00:00:00Z')}),
  begin('new', '2024-06-15T00:00:00Z', 700, 'pro'),
];

test('customers and revenue lost, by period and group, whatever the order of arrival', async (t) => {
  const client = (await startChurn(t)).client();
  await client.recordActivities([...events].reverse());
  await client.recordActivities(events);
  const {totals: [total]} = await client.call('QueryChurn', {range: june, compare_with_previous: true});
  assert.deepEqual([total.active_at_start, total.lost, total.won, total.returned].map(count), [10, 2, 1, 0]);
  assert.ok(Math.abs(total.figures.logo_churn.value - 0.2) < 1e-12);
  assert.ok(Math.abs(total.figures.logo_churn.ci_low - 0.0567) < 1e-4 && Math.abs(total.figures.logo_churn.ci_high - 0.5098) < 1e-4);
  const [revenue] = total.figures.revenue;
  assert.equal(revenue.currency, 'EUR');
  assert.deepEqual([revenue.start_minor, revenue.lost_minor, revenue.contraction_minor, revenue.expansion_minor].map(count),
      [10_000, 2000, 600, 500]);
  assert.ok(Math.abs(revenue.gross.value - 0.26) < 1e-12 && Math.abs(revenue.net.value - 0.21) < 1e-12);

  const {totals} = await client.call('QueryChurn', {range: june, grouping: {group_by: 'plan'}});
  assert.deepEqual(Object.fromEntries(totals.map((row) => [row.group, count(row.lost)])), {pro: 2, business: 0});
  const {rows} = await client.call('QueryChurn', {range: year, bucket: 'BUCKET_MONTH'});
  assert.equal(rows.length, 12);
  const empty = await client.call('QueryChurn', {range: range('2020-01-01T00:00:00Z', '2020-02-01T00:00:00Z')});
  assert.equal(empty.totals[0].figures.logo_churn.value ?? null, null);
});

test('retention and conversion count those who may yet come or go', async (t) => {
  const client = (await startChurn(t)).client();
  await client.recordActivities([
    ...events,
    activity('signup', 'fast', 'signed_up', '2024-02-01T00:00:00Z'),
    activity('conversion', 'fast', 'converted', '2024-03-01T00:00:00Z', {subscription: subscription(1)}),
    activity('signup', 'slow', 'signed_up', '2024-02-01T00:00:00Z'),
    activity('conversion', 'slow', 'converted', '2024-10-01T00:00:00Z', {subscription: subscription(1)}),
    activity('signup', 'never', 'signed_up', '2024-02-01T00:00:00Z'),
    activity('signup', 'young', 'signed_up', Date.now() - 86_400_000),
  ]);
  const conversion = async (period) => (await client.call('QueryConversion', {range: period})).totals[0].windows
      .map(({months, conversion}) => [months, conversion.value, count(conversion.sample_size), count(conversion.censored_count)]);
  assert.deepEqual(await conversion(year), [[6, 1 / 3, 3, 0], [12, 2 / 3, 3, 0]]);
  const [[, value, size, censored]] = await conversion(range(Date.now() - 7 * 86_400_000, Date.now()));
  assert.deepEqual([value ?? null, size, censored], [null, 0, 1]);

  const {figures} = await client.call('QueryRetention', {range: range('2024-05-01T00:00:00Z', '2024-06-01T00:00:00Z')});
  assert.equal(Number(figures.customer_count), 10);
  // c-0, c-1 and, for a while, c-6 left after one month.
  const after = figures.points.find((point) => point.months === 2).retention.value;
  assert.ok(Math.abs(after - 0.7) < 1e-9, `${after}`);
});

test('those without contract are expected to buy again, or not', async (t) => {
  const client = (await startChurn(t)).client();
  const purchases = Array.from({length: 200}, (_, i) => Array.from({length: 1 + i % 6}, (_, n) =>
    activity(`buy-${n}`, `b-${i}`, 'purchased', Date.parse('2024-01-01') + (i % 50 + n * (7 + i % 13)) * 86_400_000,
        {amount_minor: 500, currency: 'EUR'}))).flat();
  await client.recordActivities(purchases);
  const {model, customers} = await client.call('ForecastPurchases', {as_of: time('2024-07-01T00:00:00Z'), horizon_days: 90});
  assert.equal(Number(model.customer_count), 200);
  assert.ok([model.r, model.alpha, model.a, model.b].every((parameter) => parameter > 0));
  const expected = customers.map((each) => each.forecast.expected_purchases);
  assert.deepEqual(expected, [...expected].sort((a, b) => b - a));
  assert.ok(customers.every((each) => each.forecast.alive > 0 && each.forecast.alive <= 1));
});

test('what a model would learn from is exported', async (t) => {
  const client = (await startChurn(t)).client();
  await client.recordActivities(lives(40));
  const chunks = await client.collect('ExportTrainingData', {outcomes: {horizon_days: 60}});
  const rows = chunks.flatMap((chunk) => chunk.customers.map((customer, i) => [customer, chunk.lost[i]]));
  assert.ok(rows.length > 0 && rows.some(([, lost]) => lost) && rows.some(([, lost]) => !lost));
  const {features} = await client.call('GetFeatureSchema', {});
  const names = new Set(features.map((each) => each.feature.name));
  for (const [customer] of rows) assert.ok(Object.keys(customer.values).every((name) => names.has(name)));
});
