import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import test from 'node:test';
import {event, startResponseTimes, writeCredentials} from './harness.mjs';

const ago = (minutes) => Date.now() - minutes * 60_000;
const bounds = [60, 300, 900, 3600, 21_600, 86_400, 259_200, 604_800, 2_592_000];

async function promtoolCheck(metrics) {
  const promtool = spawn('promtool', ['check', 'metrics'], {stdio: ['pipe', 'pipe', 'pipe']});
  let complaints = '';
  for (const stream of [promtool.stdout, promtool.stderr]) stream.on('data', (bytes) => complaints += bytes);
  const ended = new Promise((resolve) => promtool.on('close', resolve));
  promtool.stdin.end(metrics);
  assert.equal(await ended, 0, complaints);
  assert.equal(complaints, '');
}

test('metrics pass promtool, have the bounds of the API and tell who waits', async (t) => {
  const times = await startResponseTimes(t);
  const client = times.client();
  const policy = {policy_id: 'fast', targets: [{metric: 'METRIC_FIRST_RESPONSE_TIME', within: {seconds: 3600}}]};
  await client.call('CreateSlaPolicy', {policy});
  await client.recordEvents([
    event('e-1', 'v-1', 'customer', ago(100)),
    event('e-2', 'v-1', 'agent', ago(90)),
    event('e-1', 'v-2', 'customer', ago(120), {channel: 'CHANNEL_CHAT'}),
    event('e-2', 'v-2', 'escalated', ago(30), {escalated: {reason: 'ESCALATION_REASON_SLOW_RESPONSE', detail: 'four days'}}),
  ]);
  const metrics = await (await fetch(`${times.metrics}/metrics`)).text();
  await promtoolCheck(metrics);
  const lines = metrics.split('\n').filter((line) => line.includes('first_response') || line.includes('FIRST_RESPONSE'));
  const found = lines.filter((line) => /_seconds_bucket\{/.test(line)).map((line) => /le="([^"]+)"/.exec(line)[1]);
  assert.deepEqual([...new Set(found)].filter((bound) => bound !== '+Inf').map(Number), bounds);
  assert.match(metrics, /_seconds_bucket\{[^}]*le="900"[^}]*\} 1$/m);
  assert.match(metrics, /backlog\w*\{channel="CHAT",tenant="default"\} 1$/m);
  assert.match(metrics, /escalations_total\{[^}]*"SLOW_RESPONSE"[^}]*\} 1$/m);
  assert.match(metrics, /promises\w*\{[^}]*"BROKEN"[^}]*\} 1$/m);
  assert.match(metrics, /promises\w*\{[^}]*"KEPT"[^}]*\} 1$/m);
  assert.doesNotMatch(metrics, /e-1|v-1|c-1|four days/);
});

test('what waits is told for each tenant by itself', async (t) => {
  const credentials = writeCredentials(t, [
    {name: 'acme-desk', tenant: 'acme', roles: ['ROLE_INGEST']},
    {name: 'globex-desk', tenant: 'globex', roles: ['ROLE_INGEST']},
  ]);
  const times = await startResponseTimes(t, {flags: [`--credentials=${credentials}`]});
  await times.client('acme-desk').recordEvents([event('e-1', 'v-1', 'customer', ago(5)), event('e-1', 'v-2', 'customer', ago(4))]);
  await times.client('globex-desk').recordEvents([event('e-1', 'v-1', 'customer', ago(3))]);
  const metrics = await (await fetch(`${times.metrics}/metrics`)).text();
  const waiting = (tenant) => new RegExp(`^rapport_backlog_conversations\\{channel="EMAIL",tenant="${tenant}"\\} (\\d+)$`, 'm').exec(metrics)[1];
  assert.deepEqual([waiting('acme'), waiting('globex')], ['2', '1']);
});
