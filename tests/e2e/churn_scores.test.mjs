import assert from 'node:assert/strict';
import test from 'node:test';
import {activity, code, event, newStore, rating, startChurn, startRatings, startResponseTimes, until,
  writeCredentials} from './harness.mjs';
import {customerId, isFading, lives, lostDaysAgo, startOfDay} from './churn_lives.mjs';

const customers = 300;
const active = Array.from({length: customers}, (_, number) => number).filter((number) => lostDaysAgo(number) === undefined);

// Contributions and baseline make the raw score.
function assertSums(score) {
  const sum = score.reasons.reduce((total, reason) => total + (reason.contribution ?? 0), score.baseline ?? 0);
  assert.ok(Math.abs(sum - (score.raw_score ?? 0)) < 1e-4, `${sum} is not ${score.raw_score}`);
}

async function train(client, request) {
  const {training} = await client.call('TrainModel', {
    recorded_outcomes: {cut_off: {seconds: startOfDay(90) / 1000}, horizon_days: 90}, ...request,
  });
  const ended = await until(async () => {
    const {training: now} = await client.call('GetTraining', {training_id: training.training_id});
    return /SUCCEEDED|FAILED|CANCELLED/.test(now.state) && now;
  }, () => 'the training does not end');
  assert.equal(ended.state, 'TRAINING_STATE_SUCCEEDED', ended.error?.message);
  return ended;
}

test('from health scores to a model, its rivals and back', async (t) => {
  const client = (await startChurn(t)).client();
  await client.recordActivities(lives(customers));

  const first = (await client.call('ScoreCustomer', {customer_id: customerId(active[0])})).score;
  assert.equal(first.kind, 'SCORE_KIND_HEALTH_SCORE');
  assert.equal(first.definition_id, 'churn.health.v1');
  assertSums(first);
  await assert.rejects(client.call('ScoreCustomer', {customer_id: 'nobody'}), {code: code.NOT_FOUND});
  await assert.rejects(client.call('RollBackModel', {}), {code: code.FAILED_PRECONDITION});

  const trained = await train(client, {activate: true, options: {folds: 3}});
  const {metadata, evaluation} = trained.model;
  assert.equal(Number(metadata.row_count), customers);
  assert.ok(evaluation.roc_auc.value > 0.75, `${evaluation.roc_auc.value}`);
  assert.ok(metadata.standard_features);

  const score = await until(async () => {
    const {score} = await client.call('ScoreCustomer', {customer_id: customerId(active[0])});
    return score.kind === 'SCORE_KIND_PROBABILITY' && score;
  }, () => 'the model is not used');
  assert.equal(score.model_version, metadata.version);
  assert.ok(score.probability > 0 && score.probability < 1);
  assertSums(score);
  const short = (await client.call('ScoreCustomer', {customer_id: customerId(active[0]), options: {max_reasons: 3}})).score;
  assert.equal(short.reasons.length, 4);
  assertSums(short);

  // Those who stopped using the product are at the top.
  const ids = active.map(customerId);
  const {results} = await client.call('BatchScoreCustomers', {customer_ids: [...ids, 'nobody'], options: {skip_reasons: true}});
  assert.equal(results.at(-1).status.code, code.NOT_FOUND);
  const mean = (numbers) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
  const probabilityOf = (fading) => mean(active.flatMap((number, i) => isFading(number) === fading ? [results[i].score.probability] : []));
  assert.ok(probabilityOf(true) > 2 * probabilityOf(false));

  // A rival from another seed: compared in the shadow, made active, rolled back.
  const rival = await train(client, {options: {seed: 7, skip_evaluation: true}});
  assert.notEqual(rival.model.metadata.version, metadata.version);
  await client.call('SetShadowModel', {version: rival.model.metadata.version});
  assert.equal(Number((await client.call('SweepScores', {})).scored_count), active.length);
  const drift = await until(async () => {
    const answer = await client.call('GetDrift', {});
    return answer.shadow && answer;
  }, () => 'nothing is told of the shadow');
  assert.equal(Number(drift.shadow.customer_count), active.length);
  assert.ok(drift.features.length > 10);
  await client.call('ActivateModel', {version: rival.model.metadata.version.slice(0, 12)});
  assert.equal((await client.call('GetModel', {})).model.metadata.version, rival.model.metadata.version);
  assert.equal((await client.call('RollBackModel', {})).model.metadata.version, metadata.version);
  assert.equal((await client.call('RollBackModel', {})).model ?? null, null);
  const {models} = await client.call('ListModels', {});
  assert.equal(models.length, 2);
  assert.ok(models.every((model) => !model.active));
});

test('customers at risk are listed, told of and found', async (t) => {
  const server = await startChurn(t);
  const client = server.client();
  await client.recordActivities(lives(60));
  await client.recordActivities([
    activity('o', customerId(1), 'owner_assigned', startOfDay(50), {owner_id: 'mona'}),
    activity('i', customerId(1), 'interest_shown', startOfDay(20), {topic: 'white-papers'}),
    activity('c', customerId(1), 'concern_voiced', startOfDay(10), {topic: 'churn'}),
    activity('i', customerId(2), 'interest_shown', startOfDay(20), {topic: 'white-papers'}),
    activity('c', customerId(2), 'concern_voiced', startOfDay(40), {topic: 'churn'}),
  ]);
  const watch = client.stream('WatchRisk', {});
  const told = [];
  const watching = (async () => {
    for await (const message of watch) {
      if (message.score) told.push(message.score.customer_id);
      if (new Set(told).size === sixty.length) return;
    }
  })();
  const sixty = active.filter((number) => number < 60);
  await until(() => new Promise((resolve) => setTimeout(() => resolve(true), 0)), () => '');
  await client.call('SweepScores', {});
  await watching.catch((error) => assert.fail(error));
  watch.cancel();

  const all = [];
  for (let token = ''; ;) {
    const page = await client.call('ListCustomersByRisk', {page: {page_size: 7, page_token: token}});
    all.push(...page.scores);
    token = page.next_page_token;
    if (!token) break;
  }
  assert.deepEqual(all.map((score) => score.customer_id).sort(), sixty.map(customerId));
  const points = all.map((score) => score.health_score);
  assert.deepEqual(points, [...points].sort((a, b) => a - b));
  const {scores} = await client.call('ListCustomersByRisk', {owner_id: 'mona'});
  assert.deepEqual(scores.map((score) => score.customer_id), [customerId(1)]);

  const found = await client.call('SearchCustomers', {filter: 'interest:white-papers AND concern:churn within 30d'});
  assert.deepEqual(found.customers.map(({customer}) => customer.customer_id), [customerId(1)]);
  assert.equal(Number(found.total_count), 1);
  await assert.rejects(client.call('SearchCustomers', {filter: 'interest:('}), {code: code.INVALID_ARGUMENT});

  const streamed = (await client.collect('StreamScores', {rescore: true, options: {skip_reasons: true}}))
      .flatMap((chunk) => chunk.scores);
  assert.equal(streamed.length, sixty.length);

  await client.call('EraseCustomer', {customer_id: customerId(1)});
  await assert.rejects(client.call('GetCustomer', {customer_id: customerId(1)}), {code: code.NOT_FOUND});
  assert.deepEqual((await client.call('ListCustomersByRisk', {owner_id: 'mona'})).scores, []);
  assert.deepEqual((await client.call('SearchCustomers', {filter: 'owner = mona'})).customers, []);
  const {results} = await client.call('RecordActivities', {activities: [activity('x', customerId(1), 'logged_in', startOfDay(1))]});
  assert.equal(results[0].outcome, 'OUTCOME_ERASED');

  const metrics = await (await fetch(`${server.metrics}/metrics`)).text();
  assert.match(metrics, /^rapport_churn_customers\{.*band="RED".*\} \d+/m);
  assert.match(metrics, /^rapport_churn_band_changes_total\{.*from="UNKNOWN".*\} [1-9]/m);
  assert.match(metrics, /^rapport_churn_active_customers\{tenant="default"\} [1-9]/m);
});

// What the other services say of a customer is in the score, and that one of them is away is only marked.
test('the other services are asked, and may be away', async (t) => {
  const stores = [await newStore(t), await newStore(t)];
  let ratings = await startRatings(t, {store: stores[0]});
  const responseTimes = await startResponseTimes(t, {store: stores[1]});
  const yesterday = startOfDay(1) + 3_600_000;
  await ratings.client().record([rating('r-1', {customer_id: 'c-0001', emoticon: 'EMOTICON_UNHAPPY',
    occurred_at: {seconds: yesterday / 1000}})]);
  await responseTimes.client().recordEvents([
    event('1', 'v-1', 'customer', yesterday, {customer_id: 'c-0001'}),
    event('2', 'v-1', 'agent', yesterday + 7_200_000, {customer_id: 'c-0001'}),
  ]);
  const client = (await startChurn(t, {
    ratings: ratings.address,
    responseTimes: responseTimes.address,
    flags: ['--peer-fresh-for=100ms', '--peer-timeout=500ms'],
  })).client();
  await client.recordActivities(lives(4));

  const sourcesOf = (score) => Object.fromEntries(score.sources.map((each) =>
      [each.source.replace('FEATURE_SOURCE_', ''), each.freshness.replace('FRESHNESS_', '')]));
  const scored = async () => (await client.call('ScoreCustomer', {customer_id: 'c-0001'})).score;
  const fresh = await scored();
  assert.deepEqual(sourcesOf(fresh), {ACTIVITIES: 'FRESH', RATINGS: 'FRESH', RESPONSE_TIMES: 'FRESH'});
  const [features] = (await client.call('BatchGetFeatures', {customer_ids: ['c-0001']})).customers;
  const numbers = Object.entries(features.values).filter(([name]) => /rating|negative|response/.test(name));
  assert.ok(numbers.length >= 3, JSON.stringify(features.values));

  await ratings.kill();
  const stale = await until(async () => {
    const score = await scored();
    return sourcesOf(score).RATINGS === 'STALE' && score;
  }, () => 'the score does not say that ratings are stale');
  assert.equal(sourcesOf(stale).RESPONSE_TIMES, 'FRESH');
  assert.ok(Math.abs(stale.raw_score - fresh.raw_score) < 1e-6);
  const unseen = (await client.call('ScoreCustomer', {customer_id: 'c-0002'})).score;
  assert.equal(sourcesOf(unseen).RATINGS, 'MISSING');
  assert.ok(unseen.missing_inputs.length > 0);

  // Stopped, not dead: it takes connections and says nothing.
  responseTimes.process.kill('SIGSTOP');
  try {
    await until(async () => sourcesOf(await scored()).RESPONSE_TIMES === 'STALE', () => 'response times do not become stale');
  } finally {
    responseTimes.process.kill('SIGCONT');
  }
  ratings = await startRatings(t, {store: stores[0], listen: ratings.address});
  await until(async () => {
    const sources = sourcesOf(await scored());
    return sources.RATINGS === 'FRESH' && sources.RESPONSE_TIMES === 'FRESH';
  }, () => 'the other services are not asked again');
});

test('a tenant is not seen by another, and roles are asked for', async (t) => {
  const credentials = writeCredentials(t, [
    {name: 'writer', roles: ['ROLE_INGEST']}, {name: 'reader', roles: ['ROLE_READ']}, {name: 'boss', roles: ['ROLE_ADMIN']},
    {name: 'stranger', tenant: 'other', roles: ['ROLE_READ']},
  ]);
  const server = await startChurn(t, {flags: [`--credentials=${credentials}`]});
  await server.client('writer').recordActivities(lives(3));
  await assert.rejects(server.client('writer').call('GetCustomer', {customer_id: 'c-0001'}), {code: code.PERMISSION_DENIED});
  await assert.rejects(server.client('reader').call('SweepScores', {}), {code: code.PERMISSION_DENIED});
  await assert.rejects(server.client('reader').call('TrainModel', {}), {code: code.PERMISSION_DENIED});
  await assert.rejects(server.client().call('GetHealthRules', {}), {code: code.UNAUTHENTICATED});
  assert.equal((await server.client('reader').call('GetCustomer', {customer_id: 'c-0001'})).customer.active, true);
  await assert.rejects(server.client('stranger').call('GetCustomer', {customer_id: 'c-0001'}), {code: code.NOT_FOUND});
  assert.deepEqual((await server.client('stranger').call('SearchCustomers', {})).customers, []);
  await server.client('boss').call('SweepScores', {});
});
