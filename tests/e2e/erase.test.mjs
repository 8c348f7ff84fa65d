import assert from 'node:assert/strict';
import test from 'node:test';
import {code, engine, range, rating, startChurn, startRatings, startRedis, startResponseTimes, time} from './harness.mjs';

const march = range('2024-03-01T00:00:00Z', '2024-04-01T00:00:00Z');

test('an erased customer is in no answer and does not come back', async (t) => {
  const client = (await startRatings(t)).client();
  const others = Array.from({length: 10}, (_, i) => rating(`other-${i}`, {customer_id: `c-${i}`}));
  const mine = [rating('mine-1', {customer_id: 'gone'}), rating('mine-2', {customer_id: 'gone', emoticon: 'EMOTICON_UNHAPPY'})];
  await client.record(others);
  const before = await client.call('QueryRatings', {range: march, include_customer_figures: true});
  await client.record(mine);
  await client.call('RecordSurveys', {
    surveys: [{survey_id: 'asked', customer_id: 'gone', scale: 'SCALE_EMOTICON_3', status: 'SURVEY_STATUS_DELIVERED',
      occurred_at: time('2024-03-04T10:00:00Z')}],
  });

  assert.equal(Number((await client.call('EraseCustomer', {customer_id: 'gone'})).erased_count), 3);
  assert.equal(Number((await client.call('EraseCustomer', {customer_id: 'gone'})).erased_count ?? 0), 0);
  assert.deepEqual(await client.call('QueryRatings', {range: march, include_customer_figures: true}), before);
  await assert.rejects(client.call('GetRating', {rating_id: 'mine-1'}), {code: code.NOT_FOUND});
  assert.equal((await client.call('RecordRating', {rating: mine[0]})).outcome, 'OUTCOME_ERASED');
  assert.deepEqual(await client.call('QueryRatings', {range: march, include_customer_figures: true}), before);
  const exported = await client.collect('ExportRatings', {range: march});
  assert.equal(exported.flatMap((chunk) => chunk.ratings).length, others.length);
});

// What was erased before can come back with the replica that takes over, so that there being nothing left says nothing.
for (const [name, start] of Object.entries({startRatings, startResponseTimes, startChurn})) {
  test(`${name}: an erasure that finds nothing is not acknowledged while replicas are missing`, {skip: engine !== 'redis' && 'needs Redis'},
      async (t) => {
        const client = (await start(t, {store: `${await startRedis(t)}?wait_replicas=1`})).client();
        await assert.rejects(client.call('EraseCustomer', {customer_id: 'c-1'}), {code: code.UNAVAILABLE});
      });
}
