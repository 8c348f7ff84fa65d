import assert from 'node:assert/strict';
import test from 'node:test';
import {range, rating, startRatings, time} from './harness.mjs';
import * as reference from './reference.mjs';

const spring = range('2024-03-01T00:00:00Z', '2024-05-01T00:00:00Z');
const scores = {
  SCALE_EMOTICON_3: [{emoticon: 'EMOTICON_HAPPY'}, {emoticon: 'EMOTICON_SATISFIED'}, {emoticon: 'EMOTICON_UNHAPPY'}],
  SCALE_THUMBS_2: [{thumb: 'THUMB_UP'}, {thumb: 'THUMB_DOWN'}],
  SCALE_CSAT_5: [1, 2, 3, 4, 5].map((points) => ({points})),
  SCALE_NPS_11: Array.from({length: 11}, (_, points) => ({points})),
  SCALE_CES_5: [1, 2, 3, 4, 5].map((points) => ({points})),
  SCALE_CES_7: [1, 2, 3, 4, 5, 6, 7].map((points) => ({points})),
};
const headline = {
  SCALE_EMOTICON_3: 'happiness',
  SCALE_THUMBS_2: 'thumbs_up',
  SCALE_CSAT_5: 'csat',
  SCALE_CES_5: 'low_effort',
  SCALE_CES_7: 'low_effort',
};

// Two months of ratings on all scales by 150 customers, a few of whom are loud, about 5 agents in 2 teams.
function makeRatings() {
  const random = reference.randomNumbers(20240301);
  const pick = (list) => list[Math.floor(random() * list.length)];
  return Array.from({length: 3000}, (_, i) => {
    const scale = pick(Object.keys(scores));
    const agent = Math.floor(random() * 6);
    return rating(`r-${i}`, {
      customer_id: `c-${Math.floor(150 * random() ** 2)}`,
      agent_id: agent < 5 ? `a-${agent}` : '',
      labels: agent < 5 ? {team: `t-${agent % 2}`} : {},
      channel: pick(['CHANNEL_EMAIL', 'CHANNEL_CHAT']),
      occurred_at: time(Date.parse('2024-03-01') + Math.floor(random() * 61 * 86_400_000)),
      emoticon: undefined,
      scale,
      ...pick(scores[scale]),
    });
  });
}

// Records `final` the hard way: early versions first or last, some twice, all shuffled.
async function recordShuffled(client, final) {
  const random = reference.randomNumbers(7);
  const sent = final.map((each, i) => ({...each, revision: 5}));
  for (const each of sent.slice(0, 500)) {
    sent.push({...each, revision: 1, customer_id: 'c-wrong', occurred_at: time('2024-03-01T00:00:00Z')});
  }
  sent.push(...sent.slice(200, 700));
  for (let i = sent.length - 1; i > 0; --i) {
    const j = Math.floor(random() * (i + 1));
    [sent[i], sent[j]] = [sent[j], sent[i]];
  }
  await client.record(sent);
}

function assertNear(actual, expected, what) {
  assert.ok(Math.abs(actual - expected) < 1e-9, `${what}: ${actual} instead of ${expected}`);
}

function assertProportion(figure, count, n, what) {
  const {low, high} = reference.wilson(count, n);
  assert.equal(Number(figure.sample_size), n, what);
  assert.ok(figure.definition_id, `${what}: no definition`);
  assertNear(figure.value, count / n, what);
  assertNear(figure.ci_low, low, `${what}, lower`);
  assertNear(figure.ci_high, high, `${what}, upper`);
}

// Compares the figures of one scale with those worked out from its ratings.
function assertFigures(figures, ratings, what) {
  what = `${what}, ${figures.scale}`;
  assert.equal(Number(figures.rating_count), ratings.length, what);
  const positive = reference.countSide(ratings, 1);
  const negative = reference.countSide(ratings, -1);
  if (figures.scale === 'SCALE_NPS_11') {
    const {low, high} = reference.npsInterval(positive, negative, ratings.length);
    assertNear(figures.nps.value, 100 * (positive - negative) / ratings.length, `${what}: NPS`);
    assertNear(figures.nps.ci_low, Math.max(low, -100), `${what}: NPS, lower`);
    assertNear(figures.nps.ci_high, Math.min(high, 100), `${what}: NPS, upper`);
  } else {
    assertProportion(figures[headline[figures.scale]], positive, ratings.length, `${what}: headline`);
  }
  assertNear(figures.mean.value, reference.mean(ratings.map(reference.pointsOf)), `${what}: mean`);
  assert.equal(figures.distribution.reduce((sum, each) => sum + Number(each.count ?? 0), 0), ratings.length, what);
}

// Compares rows with `ratings` cut by `keyOf`; answers how many figures were compared.
function assertRows(rows, ratings, rowKey, keyOf, what) {
  const expected = reference.groupBy(ratings, keyOf);
  const seen = new Set();
  let compared = 0;
  for (const row of rows) {
    const key = rowKey(row);
    const byScale = reference.groupBy(expected.get(key) ?? [], (each) => each.scale);
    seen.add(key);
    assert.deepEqual(row.scales.map((each) => each.scale).sort(), [...byScale.keys()].sort(), `${what} ${key}`);
    for (const figures of row.scales.filter((each) => !each.suppressed)) {
      assertFigures(figures, byScale.get(figures.scale), `${what} ${key}`);
      ++compared;
    }
  }
  for (const key of expected.keys()) assert.ok(seen.has(key), `${what}: no row for ${key}`);
  return compared;
}

const startOf = (row) => Number(row.bucket.start.seconds);

// When the local day or month of `zone` begins that `timestamp` lies in.
function localStart(zone, unit) {
  const format = new Intl.DateTimeFormat('sv-SE', {timeZone: zone, dateStyle: 'short', timeStyle: 'medium'});
  return (each) => {
    const [date, clock] = format.format(each.occurred_at.seconds * 1000).split(' ');
    const begin = `${unit === 'month' ? `${date.slice(0, 8)}01` : date} 00:00:00`;
    // The offset in force at the beginning can differ from the one now, so try the possible ones.
    for (let hour = -14; hour <= 14; ++hour) {
      const candidate = Date.parse(`${begin.replace(' ', 'T')}Z`) + hour * 3_600_000;
      if (format.format(candidate) === begin) return candidate / 1000;
    }
    throw new Error(`no beginning of ${date} ${clock}`);
  };
}

test('figures agree with a plain computation', async (t) => {
  const client = (await startRatings(t)).client();
  const ratings = makeRatings();
  await recordShuffled(client, ratings);

  await t.test('by month', async () => {
    const {rows, totals} = await client.call('QueryRatings', {range: spring, bucket: 'BUCKET_MONTH'});
    assert.equal(assertRows(rows, ratings, startOf, localStart('UTC', 'month'), 'month'), 12);
    assert.equal(assertRows(totals, ratings, () => 'all', () => 'all', 'total'), 6);
  });

  await t.test('by local day over a change of clocks', async () => {
    const zone = 'Europe/Berlin';
    const request = {range: range('2024-02-29T23:00:00Z', '2024-05-01T22:00:00Z'), bucket: 'BUCKET_DAY', time_zone: zone};
    const {rows} = await client.call('QueryRatings', request);
    assert.ok(assertRows(rows, ratings, startOf, localStart(zone, 'day'), 'day') > 300);
    const spring = rows.find((row) => startOf(row) === Date.parse('2024-03-30T23:00:00Z') / 1000);
    assert.equal(Number(spring.bucket.end.seconds) - startOf(spring), 23 * 3600);
  });

  await t.test('by agent', async () => {
    const {totals} = await client.call('QueryRatings', {range: spring, group_by: 'DIMENSION_AGENT'});
    assert.equal(assertRows(totals, ratings, (row) => row.group, (each) => each.agent_id, 'agent'), 36);
  });

  await t.test('by agent within a team', async () => {
    const filter = {dimension: 'DIMENSION_TEAM', value: 't-1'};
    const {totals} = await client.call('QueryRatings', {range: spring, group_by: 'DIMENSION_AGENT', filter});
    const ofTeam = ratings.filter((each) => each.labels.team === 't-1');
    assert.equal(assertRows(totals, ofTeam, (row) => row.group, (each) => each.agent_id, 'agent of team'), 12);
  });

  await t.test('weighted by customer', async () => {
    const {totals} = await client.call('QueryRatings', {range: spring, include_customer_figures: true, top_customers: 5});
    for (const figures of totals[0].scales) {
      const ofScale = ratings.filter((each) => each.scale === figures.scale);
      const customers = [...reference.groupBy(ofScale, (each) => each.customer_id).values()];
      const positive = customers.map((own) => reference.countSide(own, 1) / own.length);
      const means = customers.map((own) => reference.mean(own.map(reference.pointsOf)));
      assert.equal(Number(figures.customer_weighted_positive.sample_size), customers.length);
      assertNear(figures.customer_weighted_positive.value, reference.mean(positive), `${figures.scale}: positive`);
      assertNear(figures.customer_weighted_mean.value, reference.mean(means), `${figures.scale}: mean`);
      assertNear(figures.top_customer_share.value, reference.topCustomerShare(ofScale, 5), `${figures.scale}: top share`);
    }
  });

  await t.test('of single customers', async () => {
    const {customers} = await client.call('BatchGetCustomerSatisfaction', {customer_ids: ['c-0', 'c-17', 'nobody']});
    assert.deepEqual(customers.map((each) => each.customer_id), ['c-0', 'c-17', 'nobody']);
    assert.equal(customers[2].scales.length, 0);
    for (const customer of customers.slice(0, 2)) {
      for (const figures of customer.scales) {
        const own = ratings.filter((each) => each.customer_id === customer.customer_id && each.scale === figures.scale);
        assert.equal(Number(figures.rating_count), own.length);
        assertProportion(figures.positive, reference.countSide(own, 1), own.length, customer.customer_id);
        assertProportion(figures.negative, reference.countSide(own, -1), own.length, customer.customer_id);
      }
    }
  });

  await t.test('ranked by the bounds of the interval', async () => {
    const ofScale = ratings.filter((each) => each.scale === 'SCALE_EMOTICON_3');
    const bound = (side) => ([, own]) => reference.wilson(reference.countSide(own, 1), own.length)[side];
    for (const [order, side, sign] of [['CUSTOMER_ORDER_HAPPIEST', 'low', -1], ['CUSTOMER_ORDER_LEAST_HAPPY', 'high', 1]]) {
      const expected = [...reference.groupBy(ofScale, (each) => each.customer_id)].map((entry) => [entry[0], bound(side)(entry)]);
      expected.sort((a, b) => sign * (a[1] - b[1]) || (a[0] < b[0] ? -1 : 1));
      const {customers} = await client.call(
          'ListCustomersBySatisfaction', {range: spring, scale: 'SCALE_EMOTICON_3', order, page: {page_size: 20}});
      assert.deepEqual(customers.map((each) => each.customer_id), expected.slice(0, 20).map(([id]) => id), order);
    }
  });
});

test('a change from 94 % to 96 % of 702 ratings is not called significant', async (t) => {
  const client = (await startRatings(t)).client();
  for (const [month, happy] of [['2013-11', 660], ['2013-12', 674]]) {
    await client.record(Array.from({length: 702}, (_, i) => rating(`${month}-${i}`, {
      customer_id: `c-${i}`,
      emoticon: i < happy ? 'EMOTICON_HAPPY' : 'EMOTICON_UNHAPPY',
      occurred_at: time(`${month}-10T12:00:00Z`),
    })));
  }
  const december = range('2013-12-01T00:00:00Z', '2014-01-01T00:00:00Z');
  const {totals} = await client.call('QueryRatings', {range: december, compare_with_previous: true});
  const {happiness} = totals[0].scales[0];
  const percent = (value) => Math.round(1000 * value) / 10;
  assert.deepEqual([happiness.ci_low, happiness.ci_high].map(percent), [94.3, 97.2]);
  assert.equal(percent(happiness.comparison.previous_value), 94);
  assert.equal(happiness.comparison.significant, false);
  assert.equal(Math.round(1000 * happiness.comparison.p_value) / 1000, 0.086);
});

test('a group of fewer than five ratings shows no breakdown', async (t) => {
  const client = (await startRatings(t)).client();
  const ratings = ['a-1', 'a-1', 'a-1', 'a-1', 'a-1', 'a-1', 'a-2', 'a-2', 'a-3', 'a-3', 'a-3', 'a-3', 'a-3', 'a-3']
      .map((agent, i) => rating(`r-${i}`, {agent_id: agent, customer_id: `c-${i}`}));
  await client.record(ratings);
  const march = range('2024-03-01T00:00:00Z', '2024-04-01T00:00:00Z');
  const {totals} = await client.call('QueryRatings', {range: march, group_by: 'DIMENSION_AGENT'});
  const ofAgent = Object.fromEntries(totals.map((row) => [row.group, row.scales[0]]));
  assert.equal(ofAgent['a-2'].suppressed, true);
  assert.equal(ofAgent['a-2'].happiness?.value, undefined);
  assert.equal(ofAgent['a-2'].distribution.length, 0);
  // If only one group were withheld, it could be told from the total and the others.
  assert.ok(totals.filter((row) => row.scales[0].suppressed).length >= 2);
});
