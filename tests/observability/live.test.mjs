// A real Prometheus scrapes the real services under load: every panel and every rule has an answer.
import assert from 'node:assert/strict';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import {
  afterwards, binaries, event, range, rating, root, run, startChurn, startRatings, startResponseTimes, time, until,
  writeCredentials,
} from '../e2e/harness.mjs';
import {definitions} from './definitions.mjs';
import {COUNTS_REACH_BACK, startPrometheus} from './prometheus.mjs';
import {queries, recordings, ruleFiles} from './rules.mjs';

const build = process.env.RAPPORT_BUILD ?? path.join(root, 'build/release');
const exampleEvents = path.join(build, 'deploy/local/example/rapport-example-events');

// Whether customers left as expected shows when a horizon has passed: a day at least. Until then a page stands in.
async function startOutcomes(t) {
  const page = ['observed_ratio', 'predicted_ratio', 'drift_significant']
      .map((name) => `rapport_churn_outcome_${name}{tenant="default"} 0\n`).join('');
  const server = http.createServer((_, response) => response.end(page)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.on('listening', resolve));
  afterwards(t, () => server.closeAllConnections() ?? server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

// All services; of ratings a second one with credentials, which shows what only those show.
async function startSuite(t) {
  const ratings = await startRatings(t);
  const responseTimes = await startResponseTimes(t);
  const churn = await startChurn(t, {ratings: ratings.address, responseTimes: responseTimes.address});
  const credentials = writeCredentials(t, [{name: 'acme-desk', roles: ['ROLE_INGEST']}]);
  const guarded = await startRatings(t, {flags: [`--credentials=${credentials}`]});
  return {ratings, responseTimes, churn, guarded};
}

function watch(t, {ratings, responseTimes, churn, guarded}, outcomes) {
  const job = (job_name, ...pages) => ({job_name, static_configs: [{targets: pages.map((page) => page.replace('http://', ''))}]});
  const scrape_configs = [
    job('rapport-ratings', ratings.metrics, guarded.metrics),
    job('rapport-response-times', responseTimes.metrics),
    job('rapport-churn', churn.metrics, outcomes),
  ];
  return startPrometheus(t, {scrape_configs}, {ruleFiles, history: lastWeek()});
}

// That people rated a week ago, as a rule had recorded it.
function lastWeek() {
  const begin = Math.floor(Date.now() / 1000) - 7 * 86_400;
  const record = (name, value) => Array.from({length: 12}, (_, step) =>
    `tenant_scale:${name}:increase5m{tenant="default",scale="EMOTICON_3"} ${value} ${begin + step * 300}\n`).join('');
  return `${record('rapport_ratings', 20)}${record('rapport_ratings_negative', 1)}# EOF\n`;
}

// What the example month lacks: scales that it does not use, and events of this very moment.
async function sendTheRest({ratings, responseTimes, guarded}) {
  const now = Date.now();
  const other = (scale, value) => rating(scale, {scale, emoticon: undefined, ...value, occurred_at: time(now)});
  await ratings.client().record([
    other('SCALE_CES_5', {points: 4}), other('SCALE_CES_7', {points: 6}), other('SCALE_THUMBS_2', {thumb: 'THUMB_UP'}),
  ]);
  await guarded.client('acme-desk').record([rating('r-1')]);
  await responseTimes.client().recordEvents([event('e-1', 'v-new', 'customer', now - 60_000)]);
}

// What happens in time, in half a minute: everyone is scored by rules, a model is trained, everyone is scored by it.
async function churnTheExample({address, metrics}) {
  const rapport = (...args) => run(binaries.cli, ['churn', ...args, `--server=${address}`]);
  await rapport('sweep');
  await rapport('train', '--recorded', '--horizon=14d', '--activate', '--skip-evaluation');
  // A model is in use within seconds, and then a round must begin with it.
  await until(async () => {
    await rapport('sweep');
    return /kind="PROBABILITY",tenant="default"\} [1-9]/.test(await (await fetch(`${metrics}/metrics`)).text());
  }, () => 'the model is not in use');
  await rapport('sweep');
}

// Calls each service once, so that rates are those of traffic that goes on: calls that were over before a scrape saw the
// first of them are none that a rate knows of.
async function ask(clients) {
  const now = Date.now();
  await clients.ratings.call('QueryRatings', {range: range(now - 86_400_000, now)});
  await clients.responseTimes.call('ListWaiting', {});
  await clients.churn.call('GetFeatureSchema', {});
}

test('under load every panel and every rule has an answer, and every metric is there', {timeout: 580_000}, async (t) => {
  const suite = await startSuite(t);
  const prometheus = await watch(t, suite, await startOutcomes(t));
  const {ratings, responseTimes, churn} = suite;
  // Counters must have been seen at 0 when the count begins, or what comes is no increase.
  const scraped = `count(up offset ${COUNTS_REACH_BACK}s == 1)`;
  await until(async () => (await prometheus.values(scraped))[0] === 5, () => 'not all services are scraped');

  await run(exampleEvents, [
    `--ratings-server=${ratings.address}`, `--response-times-server=${responseTimes.address}`, `--churn-server=${churn.address}`,
  ], {timeout: 300_000});
  await sendTheRest(suite);
  await churnTheExample(churn);

  const recorded = recordings.map(({record}) => ({name: record, expr: record, instant: true}));
  let silent = [...queries, ...recorded];
  const clients = {ratings: ratings.client(), responseTimes: responseTimes.client(), churn: churn.client()};
  await t.test('every panel and every recording rule has data', async () => {
    await until(async () => {
      await ask(clients);
      const answers = await Promise.all(silent.map(({expr, instant}) => prometheus.values(expr, instant)));
      silent = silent.filter((_, index) => answers[index].length === 0);
      return silent.length === 0;
    }, () => `no data:\n${silent.map(({name, expr}) => `${name}\n    ${expr}`).join('\n')}`, 200);
  });

  await t.test('the services have every metric that they define, and no other', async () => {
    const pages = await Promise.all(Object.values(suite).map(async ({metrics}) => (await fetch(`${metrics}/metrics`)).text()));
    const found = new Set(pages.flatMap((page) => [...page.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name)));
    const expected = definitions().map(({name}) => name).filter((name) => !name.startsWith('rapport_churn_outcome_'));
    assert.deepEqual([...found].sort(), expected.sort());
  });

  await t.test('what dashboards add up is what the services counted', async () => {
    for (const [recorded, counter] of [
      ['tenant_channel_scale_value:rapport_ratings:increase5m', 'rapport_ratings_total'],
      ['tenant_channel_clock_metric_le:rapport_response_time_seconds_bucket:increase5m', 'rapport_response_time_seconds_bucket'],
      ['tenant_origin_outcome:rapport_promises:increase5m', 'rapport_promises_total'],
    ]) {
      const [counted] = await prometheus.values(`sum(${counter})`);
      assert.ok(counted > 1000, counter);
      let added;
      await until(async () => {
        [added] = await prometheus.values(`sum(sum_over_time(${recorded}[1h]))`);
        return added >= counted;
      }, () => `${recorded}: ${added} of ${counted}`);
      assert.equal(added, counted, counter);
    }
  });

  await t.test('every rule was evaluated without an error, and texts of alerts are complete', async () => {
    const {groups} = await prometheus.get('rules');
    for (const {name, query, health, lastError} of groups.flatMap((group) => group.rules)) {
      assert.equal(health, 'ok', `${name}: ${lastError}: ${query}`);
    }
    const {alerts} = await prometheus.get('alerts');
    assert.ok(alerts.length > 0, 'somebody waits for more than three days in the example month');
    for (const {annotations} of alerts) assert.doesNotMatch(JSON.stringify(annotations), /error expanding|no value|NaN/);
  });
});
