import assert from 'node:assert/strict';
import test from 'node:test';
import {rating, startRatings} from './harness.mjs';

// Reads ratings from a watch until `count` of them are told; answers their ids and the last token.
async function watchRatings(client, request, count) {
  const stream = client.stream('WatchRatings', request);
  const ids = [];
  let token;
  for await (const message of stream) {
    token = message.resume_token;
    if (message.rating) ids.push(message.rating.rating_id);
    if (ids.length >= count) break;
  }
  stream.cancel();
  return {ids, token};
}

// Opens a watch and answers the token of "now".
async function tokenOfNow(client) {
  return (await watchRatings(client, {}, 0)).token;
}

test('an unhappy rating is told at once, a happy one is not', async (t) => {
  const client = (await startRatings(t)).client();
  const since = await tokenOfNow(client);
  const watching = watchRatings(client, {filter: {sentiment: 'SENTIMENT_NEGATIVE'}, resume_token: since}, 2);
  await client.call('RecordRating', {rating: rating('sad-1', {emoticon: 'EMOTICON_UNHAPPY'})});
  await client.call('RecordRating', {rating: rating('happy')});
  await client.call('RecordRating', {rating: rating('sad-2', {emoticon: 'EMOTICON_UNHAPPY'})});
  assert.deepEqual((await watching).ids.sort(), ['sad-1', 'sad-2']);
});

test('a watch goes on where it stopped', async (t) => {
  const client = (await startRatings(t)).client();
  const since = await tokenOfNow(client);
  await client.record([rating('r-1')]);
  const first = await watchRatings(client, {resume_token: since}, 1);
  await client.record([rating('r-2'), rating('r-3')]);
  const second = await watchRatings(client, {resume_token: first.token}, 2);
  assert.deepEqual(first.ids, ['r-1']);
  assert.deepEqual(second.ids.sort(), ['r-2', 'r-3']);
});
