import assert from 'node:assert/strict';
import test from 'node:test';
import {millisOf, range, rating, startRatings, time} from './harness.mjs';
import {randomNumbers} from './reference.mjs';

const march = range('2024-03-01T00:00:00Z', '2024-04-01T00:00:00Z');

// Ratings of March, some of them at the same moment.
function manyRatings(count = 200) {
  const random = randomNumbers(4);
  return Array.from({length: count}, (_, i) => rating(`r-${i}`, {
    customer_id: `c-${i % 7}`,
    agent_id: `a-${i % 3}`,
    emoticon: ['EMOTICON_HAPPY', 'EMOTICON_SATISFIED', 'EMOTICON_UNHAPPY'][i % 5 % 3],
    labels: {plan: i % 2 ? 'pro' : 'free'},
    occurred_at: time(Date.parse('2024-03-01') + Math.floor(random() * 31 * 24) * 3_600_000),
    comment: i % 10 ? '' : 'a comment',
  }));
}

const newestFirst = (a, b) => millisOf(b.occurred_at) - millisOf(a.occurred_at) || (a.rating_id > b.rating_id ? -1 : 1);

async function listAll(client, request) {
  const pages = [];
  let token = '';
  do {
    const response = await client.call('ListRatings', {...request, page: {page_size: 23, page_token: token}});
    assert.ok(response.ratings.length <= 23);
    pages.push(...response.ratings);
    token = response.next_page_token;
  } while (token);
  return pages;
}

test('pages add up to all ratings, newest first', async (t) => {
  const client = (await startRatings(t)).client();
  const ratings = manyRatings();
  await client.record(ratings);
  const listed = await listAll(client, {range: march});
  assert.deepEqual(listed.map((each) => each.rating_id), [...ratings].sort(newestFirst).map((each) => each.rating_id));
});

test('filters hold together', async (t) => {
  const client = (await startRatings(t)).client();
  const ratings = manyRatings();
  await client.record(ratings);
  const filters = [
    [{customer_id: 'c-3'}, (each) => each.customer_id === 'c-3'],
    [{sentiment: 'SENTIMENT_NEGATIVE'}, (each) => each.emoticon === 'EMOTICON_UNHAPPY'],
    [{with_comment: true}, (each) => each.comment !== ''],
    [{dimensions: [{dimension: 'DIMENSION_AGENT', value: 'a-1'}, {dimension: 'DIMENSION_PLAN', value: 'pro'}]},
      (each) => each.agent_id === 'a-1' && each.labels.plan === 'pro'],
    [{scale: 'SCALE_NPS_11'}, () => false],
  ];
  for (const [filter, keep] of filters) {
    const listed = await listAll(client, {range: march, filter});
    const expected = ratings.filter(keep).sort(newestFirst);
    assert.deepEqual(listed.map((each) => each.rating_id), expected.map((each) => each.rating_id), JSON.stringify(filter));
  }
});

test('an export has every rating once and goes on from a token', async (t) => {
  const client = (await startRatings(t)).client();
  const ratings = manyRatings(2500);
  await client.record(ratings);
  const expected = ratings.map((each) => each.rating_id).sort();
  const chunks = await client.collect('ExportRatings', {range: march});
  assert.deepEqual(chunks.flatMap((chunk) => chunk.ratings.map((each) => each.rating_id)).sort(), expected);

  assert.ok(chunks.length >= 2);
  const rest = await client.collect('ExportRatings', {range: march, resume_token: chunks[0].resume_token});
  const resumed = [chunks[0], ...rest].flatMap((chunk) => chunk.ratings.map((each) => each.rating_id));
  assert.deepEqual(resumed.sort(), expected);
  const none = await client.collect('ExportRatings', {range: march, resume_token: chunks.at(-1).resume_token});
  assert.deepEqual(none.flatMap((chunk) => chunk.ratings), []);
});
