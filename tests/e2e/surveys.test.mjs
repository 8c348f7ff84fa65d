import assert from 'node:assert/strict';
import test from 'node:test';
import {range, rating, startRatings, time} from './harness.mjs';
import {wilson} from './reference.mjs';

const march = range('2024-03-01T00:00:00Z', '2024-04-01T00:00:00Z');

function survey(id, fields = {}) {
  return {
    survey_id: id,
    customer_id: `c-${id}`,
    scale: 'SCALE_EMOTICON_3',
    status: 'SURVEY_STATUS_DELIVERED',
    agent_id: 'a-1',
    occurred_at: time('2024-03-05T09:00:00Z'),
    ...fields,
  };
}

test('the response rate is distinct answers over distinct deliveries', async (t) => {
  const client = (await startRatings(t)).client();
  const delivered = Array.from({length: 20}, (_, i) => survey(`s-${i}`));
  const offered = Array.from({length: 5}, (_, i) => survey(`only-offered-${i}`, {status: 'SURVEY_STATUS_OFFERED'}));
  const dismissed = Array.from({length: 3}, (_, i) => survey(`s-${i + 10}`, {status: 'SURVEY_STATUS_DISMISSED'}));
  await client.call('RecordSurveys', {surveys: [...delivered, ...offered, ...dismissed]});
  const again = await client.call('RecordSurveys', {surveys: delivered});
  assert.deepEqual([...new Set(again.results.map((result) => result.outcome))], ['OUTCOME_DUPLICATE']);
  await client.record(Array.from({length: 7}, (_, i) => rating(`s-${i}`, {customer_id: `c-s-${i}`, agent_id: 'a-1'})));

  const {totals} = await client.call('QueryRatings', {range: march});
  const figures = totals[0].scales[0];
  assert.equal(Number(figures.rating_count), 7);
  const rate = figures.response_rate;
  const expected = wilson(7, 20);
  assert.equal(Number(rate.sample_size), 20);
  assert.ok(Math.abs(rate.value - 7 / 20) < 1e-12);
  assert.ok(Math.abs(rate.ci_low - expected.low) < 1e-9 && Math.abs(rate.ci_high - expected.high) < 1e-9);
});

test('the agent whom the survey names is credited', async (t) => {
  const client = (await startRatings(t)).client();
  const ids = Array.from({length: 6}, (_, i) => `s-${i}`);
  await client.call('RecordSurveys', {surveys: ids.slice(0, 3).map((id) => survey(id))});
  await client.record(ids.map((id) => rating(id, {customer_id: `c-${id}`, agent_id: 'a-2'})));
  // A survey that comes after its answer decides just the same.
  await client.call('RecordSurveys', {surveys: ids.slice(3).map((id) => survey(id))});
  const {totals} = await client.call('QueryRatings', {range: march, group_by: 'DIMENSION_AGENT'});
  const rated = totals.filter((row) => row.scales.some((each) => Number(each.rating_count) > 0));
  assert.deepEqual(rated.map((row) => row.group), ['a-1']);
});
