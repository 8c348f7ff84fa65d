import assert from 'node:assert/strict';
import {once} from 'node:events';
import test from 'node:test';
import {rating, startRatings} from './harness.mjs';

test('a stream of batches is acknowledged in order', async (t) => {
  const client = (await startRatings(t)).client();
  const batches = 60;
  const stream = client.ingest();
  const acknowledged = [];
  stream.on('data', (message) => acknowledged.push(message));
  for (let batch = 0; batch < batches; ++batch) {
    const ratings = Array.from({length: 100}, (_, i) => rating(`r-${batch}-${i}`));
    if (batch === 7) ratings[3].customer_id = '';
    stream.write({sequence: 1000 + batch, ratings});
  }
  stream.end();
  await once(stream, 'end');

  assert.deepEqual(acknowledged.map((each) => each.sequence), Array.from({length: batches}, (_, i) => 1000 + i));
  for (const [batch, {results}] of acknowledged.entries()) {
    assert.equal(results.length, 100);
    const refused = results.filter((result) => result.status?.code);
    assert.deepEqual(refused.map((result) => result.status.index), batch === 7 ? [3] : []);
  }
  await client.call('GetRating', {rating_id: 'r-59-99'});
});

test('what a cut stream sends again changes nothing', async (t) => {
  const client = (await startRatings(t)).client();
  const message = {sequence: 1, ratings: [rating('r-1'), rating('r-2')]};
  const first = client.ingest();
  first.write(message);
  const [acknowledgement] = await once(first, 'data');
  assert.deepEqual(acknowledgement.results.map((result) => result.outcome), ['OUTCOME_CREATED', 'OUTCOME_CREATED']);
  first.on('error', () => {});
  first.cancel();

  const again = client.ingest();
  again.write(message);
  const [second] = await once(again, 'data');
  assert.deepEqual(second.results.map((result) => result.outcome), ['OUTCOME_DUPLICATE', 'OUTCOME_DUPLICATE']);
  again.end();
  await once(again, 'end');
});
