import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import test from 'node:test';
import {Client, afterwards, range, run, startRedis, stubs, until} from '../e2e/harness.mjs';
import {place, script} from './local.mjs';

const day = 86_400_000;
const today = Math.floor(Date.now() / day) * day;

// The totals of some days that every example month of this week has in full.
async function figures(ports) {
  const client = new Client(stubs.ratings, `127.0.0.1:${ports.grpc}`);
  try {
    const answer = await client.call('QueryRatings', {range: range(today - 20 * day, today - 10 * day)});
    return answer.totals[0]?.scales ?? [];
  } finally {
    client.close();
  }
}

// Where the strongest reasons come from that speak for the leaving of those at the greatest risk.
async function sourcesOfRisk(ports) {
  const client = new Client(stubs.churn, `127.0.0.1:${ports.churn}`);
  try {
    const {features} = await client.call('GetFeatureSchema', {});
    const sourceOf = new Map(features.map(({feature, source}) => [feature.name, source]));
    const {scores} = await client.call('ListCustomersByRisk', {page: {page_size: 100}});
    const reasons = scores.flatMap((score) => score.reasons.slice(0, 5).filter((reason) => reason.raises_risk));
    return new Set(reasons.map(({name}) => sourceOf.get(name)));
  } finally {
    client.close();
  }
}

function pids(data) {
  const folder = path.join(data, 'run');
  return fs.readdirSync(folder).filter((name) => name.endsWith('.pid'))
      .map((name) => Number(fs.readFileSync(path.join(folder, name), 'utf8')));
}

// Whether a process runs; one that ended but was not yet collected by its parent has no command line.
function runs(pid) {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch {
    return false;
  }
}

test('starts with an example month, stops, and starts again with its data', async (t) => {
  const {data, ports, args} = await place(t);
  const first = await run(script, ['--detach', ...args]);
  assert.match(first.stdout, /Ratings: \d+ new, 0 known already, 0 refused/);
  assert.match(first.stdout, new RegExp(`127.0.0.1:${ports.grpc}`));
  assert.match(first.stdout, /EMOTICON_3.* happy/);
  assert.match(first.stdout, /Conversation events: \d+ new, 0 known already, 0 refused/);
  assert.match(first.stdout, new RegExp(`127.0.0.1:${ports.responseTimes}`));
  assert.match(first.stdout, /first response time/);
  assert.match(first.stdout, /Activities: \d+ new, 0 known already, 0 refused/);
  assert.match(first.stdout, new RegExp(`127.0.0.1:${ports.churn}`));
  assert.match(first.stdout, /scored [1-9]\d* customers/);
  assert.match(first.stdout, /customer-\d+ +\d+\.\d % +[A-Z]+ .*▲ \w+/);
  const sources = await sourcesOfRisk(ports);
  for (const source of ['RATINGS', 'RESPONSE_TIMES']) assert.ok(sources.has(`FEATURE_SOURCE_${source}`), `of ${[...sources]}, none of ${source}`);
  const before = await figures(ports);
  const {happiness} = before.find((each) => each.scale === 'SCALE_EMOTICON_3');
  assert.ok(happiness.value > 0.93 && happiness.value < 0.97, `${happiness.value}`);

  await assert.rejects(run(script, ['--detach', ...args]), (error) => {
    assert.match(error.stderr, /runs on .* already/);
    return true;
  });

  const started = pids(data);
  assert.ok(started.length > 0 && started.every(runs));
  await run(script, ['--stop', data]);
  assert.ok(!started.some(runs));
  assert.match((await run(script, ['--stop', data])).stdout, /Nothing runs/);

  const second = await run(script, ['--detach', ...args]);
  assert.doesNotMatch(second.stdout, /Installing/);
  assert.match(second.stdout, /Ratings: \d+ new, [1-9]\d* known already, 0 refused/);
  assert.deepEqual(await figures(ports), before);
});

test('in the foreground it ends what it started on Ctrl-C', async (t) => {
  const {data, ports, args} = await place(t);
  const process = spawn(script, [...args, '--no-example'], {stdio: ['ignore', 'pipe', 'inherit']});
  const ended = new Promise((resolve) => process.on('exit', (code, signal) => resolve(signal ?? code)));
  let output = '';
  for await (const bytes of process.stdout.iterator({destroyOnReturn: false})) {
    output += bytes;
    if (output.includes('Ctrl-C')) break;
  }
  process.stdout.resume();
  assert.deepEqual(await figures(ports), []);
  const started = pids(data);
  assert.ok(started.length > 0 && started.every(runs));
  process.kill('SIGINT');
  assert.equal(await ended, 0);
  assert.ok(!started.some(runs));
});

test('keeps its data in Redis when told so', async (t) => {
  const store = await startRedis(t);
  const {data, ports, args} = await place(t);
  await run(script, ['--detach', `--store=${store}`, ...args]);
  assert.ok((await figures(ports)).length >= 3);
  assert.ok(!fs.existsSync(path.join(data, 'ratings')));
});

test('starts Prometheus, which sees the example month as an increase, and ends it with the services', async (t) => {
  const {data, ports, args} = await place(t);
  const {stdout} = await run(script, ['--detach', '--with-prometheus', ...args]);
  assert.match(stdout, new RegExp(`Prometheus .*:${ports.prometheus}`));
  const prometheus = `http://127.0.0.1:${ports.prometheus}/api/v1`;
  const {data: {groups}} = await (await fetch(`${prometheus}/rules`)).json();
  assert.ok(groups.length >= 2);
  const increased = encodeURIComponent('sum(increase(rapport_ratings_total{tenant="default"}[1h])) > 1000');
  await until(
      async () => (await (await fetch(`${prometheus}/query?query=${increased}`)).json()).data.result.length > 0,
      () => 'Prometheus shows no ratings');
  const started = pids(data);
  await run(script, ['--stop', data]);
  assert.ok(!started.some(runs));
  await assert.rejects(fetch(prometheus));
});

test('says which port is taken', async (t) => {
  const {ports, args} = await place(t);
  const server = net.createServer().listen(ports.metrics, '127.0.0.1');
  afterwards(t, () => server.close());
  await assert.rejects(run(script, ['--detach', ...args]), (error) => {
    assert.match(error.stderr, new RegExp(`Port ${ports.metrics} is taken.*--port-offset`));
    return true;
  });
});
