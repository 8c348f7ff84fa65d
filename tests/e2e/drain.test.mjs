import assert from 'node:assert/strict';
import test from 'node:test';
import {newStore, rating, startRatings} from './harness.mjs';

// Sends batches without a pause until the stream ends; answers the ids that were acknowledged.
function sendUntilCut(client, sender, onAcknowledged) {
  return new Promise((resolve) => {
    const stream = client.ingest();
    const acknowledged = [];
    let batch = 0;
    const send = () => {
      ++batch;
      stream.write({sequence: batch, ratings: Array.from({length: 50}, (_, i) => rating(`${sender}-${batch}-${i}`))});
    };
    stream.on('data', ({sequence, results}) => {
      for (const [i, result] of results.entries()) {
        if (!result.status?.code) acknowledged.push(`${sender}-${sequence}-${i}`);
      }
      onAcknowledged();
      send();
    });
    stream.on('error', () => resolve(acknowledged));
    stream.on('end', () => resolve(acknowledged));
    for (let i = 0; i < 4; ++i) send();
  });
}

// Loads the service from several streams, ends it with `end` under load, and looks for every acknowledged rating after
// a restart.
async function acknowledgedSurvive(t, end) {
  const store = await newStore(t);
  const before = await startRatings(t, {store});
  let acknowledgements = 0;
  let loaded;
  const underLoad = new Promise((resolve) => loaded = resolve);
  const senders = Array.from({length: 4}, (_, i) => sendUntilCut(before.client(), `s${i}`, () => {
    if (++acknowledgements === 40) loaded();
  }));
  await underLoad;
  const ended = await end(before);
  const acknowledged = (await Promise.all(senders)).flat();
  assert.ok(acknowledged.length >= 2000);

  const after = (await startRatings(t, {store})).client();
  const stored = new Set();
  for (const chunk of await after.collect('ExportRatings', {range: {start: {seconds: 1709251200}, end: {seconds: 1711929600}}})) {
    for (const each of chunk.ratings) stored.add(each.rating_id);
  }
  assert.deepEqual(acknowledged.filter((id) => !stored.has(id)), []);
  return ended;
}

test('SIGTERM under load loses no acknowledged rating and ends cleanly', async (t) => {
  assert.equal(await acknowledgedSurvive(t, (ratings) => ratings.stop()), 0);
});

test('kill -9 under load loses no acknowledged rating', async (t) => {
  await acknowledgedSurvive(t, (ratings) => ratings.kill());
});
