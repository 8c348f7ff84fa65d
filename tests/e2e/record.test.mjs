import assert from 'node:assert/strict';
import test from 'node:test';
import {code, rating, startRatings, time} from './harness.mjs';

const outcomes = (response) => response.results.map((result) => result.outcome);

test('a rating is created once, however often it is sent', async (t) => {
  const client = (await startRatings(t)).client();
  assert.equal((await client.call('RecordRating', {rating: rating('r-1')})).outcome, 'OUTCOME_CREATED');
  assert.equal((await client.call('RecordRating', {rating: rating('r-1')})).outcome, 'OUTCOME_DUPLICATE');
  const {rating: stored, history} = await client.call('GetRating', {rating_id: 'r-1'});
  assert.equal(stored.emoticon, 'EMOTICON_HAPPY');
  assert.equal(stored.customer_id, 'c-1');
  assert.ok(stored.received_at);
  assert.equal(history.length, 1);
});

test('the latest revision counts and the history is kept', async (t) => {
  const client = (await startRatings(t)).client();
  const revisions = [
    rating('r-1', {revision: 1, emoticon: 'EMOTICON_SATISFIED'}),
    rating('r-1', {revision: 2, emoticon: 'EMOTICON_UNHAPPY', comment: 'worse', comment_visibility: 'COMMENT_VISIBILITY_ALL'}),
    rating('r-1', {revision: 0}),
  ];
  const answers = [];
  for (const each of revisions) answers.push((await client.call('RecordRating', {rating: each})).outcome);
  assert.deepEqual(answers, ['OUTCOME_CREATED', 'OUTCOME_REPLACED', 'OUTCOME_SUPERSEDED']);
  const {rating: stored, history} = await client.call('GetRating', {rating_id: 'r-1'});
  assert.equal(stored.emoticon, 'EMOTICON_UNHAPPY');
  assert.equal(stored.comment, 'worse');
  assert.deepEqual(history.map((each) => Number(each.revision ?? 0)), [2, 1, 0]);
});

test('a bad item of a batch gets its own error and its neighbours are stored', async (t) => {
  const client = (await startRatings(t)).client();
  const {results} = await client.call('RecordRatings', {
    ratings: [
      rating('good-1'),
      rating('off-scale', {scale: 'SCALE_CSAT_5', emoticon: undefined, points: 6}),
      rating('', {}),
      rating('no-score', {emoticon: undefined}),
      rating('wow', {emoticon: 'EMOTICON_SATISFIED', wow: true}),
      rating('future', {occurred_at: time(Date.now() + 40 * 86_400_000)}),
      rating('good-2', {scale: 'SCALE_NPS_11', emoticon: undefined, points: 0}),
    ],
  });
  assert.deepEqual(results.map((result) => result.status?.code ?? 0), [0, 3, 3, 3, 3, 3, 0]);
  assert.deepEqual(results.map((result, index) => [result.status?.index ?? 0, index]).filter(([a, b]) => a !== b), []);
  assert.match(results[1].status.message, /score.*6/);
  assert.match(results[2].status.message, /rating_id/);
  assert.match(results[4].status.message, /wow/);
  assert.match(results[5].status.message, /occurred_at/);
  await client.call('GetRating', {rating_id: 'good-2'});
  await assert.rejects(client.call('GetRating', {rating_id: 'off-scale'}), {code: code.NOT_FOUND});
});

test('a duplicate within one batch is told as such', async (t) => {
  const client = (await startRatings(t)).client();
  const response = await client.call('RecordRatings', {ratings: [rating('r-1'), rating('r-1'), rating('r-2')]});
  assert.deepEqual(outcomes(response), ['OUTCOME_CREATED', 'OUTCOME_DUPLICATE', 'OUTCOME_CREATED']);
});

test('errors name the field and what to do', async (t) => {
  const client = (await startRatings(t)).client();
  const refused = [
    ['RecordRating', {rating: rating('r', {customer_id: ''})}, code.INVALID_ARGUMENT, /customer_id/],
    ['RecordRating', {}, code.INVALID_ARGUMENT, /rating/],
    ['RecordRatings', {ratings: []}, code.INVALID_ARGUMENT, /ratings/],
    ['RecordRatings', {ratings: Array.from({length: 1001}, (_, i) => rating(`r-${i}`))}, code.INVALID_ARGUMENT, /1,?000/],
    ['GetRating', {rating_id: 'nobody'}, code.NOT_FOUND, /nobody/],
    ['ListRatings', {}, code.INVALID_ARGUMENT, /range/],
    ['QueryRatings', {range: {start: time('2024-01-02'), end: time('2024-01-01')}}, code.INVALID_ARGUMENT, /range/],
    ['QueryRatings', {range: {start: time('2024-01-01'), end: time('2024-02-01')}, time_zone: 'Mars/Base'},
      code.INVALID_ARGUMENT, /Mars\/Base/],
  ];
  for (const [method, request, expected, message] of refused) {
    await assert.rejects(client.call(method, request), (error) => {
      assert.equal(error.code, expected, `${method}: ${error.message}`);
      assert.match(error.details, message);
      return true;
    });
  }
});
