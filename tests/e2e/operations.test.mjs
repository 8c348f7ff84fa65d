import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import grpc from '@grpc/grpc-js';

import protoLoader from '@grpc/proto-loader';
import health from 'grpc-health-check';
import test from 'node:test';
import {binaries, buf, rating, run, startRatings, temporaryFolder, writeCredentials} from './harness.mjs';

const service = 'rapport.ratings.v1.RatingsService';

function checkHealth(ratings, name) {
  const {Health} = grpc.loadPackageDefinition(protoLoader.loadSync(health.protoPath, {enums: String})).grpc.health.v1;
  const client = new Health(ratings.address, grpc.credentials.createInsecure());
  return new Promise((resolve, reject) => {
    client.Check({service: name}, (error, response) => {
      client.close();
      error ? reject(error) : resolve(response.status);
    });
  });
}

function bufCurl(ratings, method, request) {
  return run(buf, [
    'curl', '--http2-prior-knowledge', '--protocol', 'grpc', '-d', JSON.stringify(request),
    `http://${ratings.address}/${service}/${method}`,
  ]);
}

test('health is told for the server and for the service', async (t) => {
  const ratings = await startRatings(t);
  assert.equal(await checkHealth(ratings, ''), 'SERVING');
  assert.equal(await checkHealth(ratings, service), 'SERVING');
  await assert.rejects(checkHealth(ratings, 'nobody'), {code: grpc.status.NOT_FOUND});
});

test('buf curl calls the service by reflection', async (t) => {
  const ratings = await startRatings(t, {flags: ['--reflection']});
  const request = {
    rating: {
      ratingId: 'r-1', customerId: 'c-1', scale: 'SCALE_CSAT_5', points: 5, occurredAt: '2024-03-05T10:00:00Z',
    },
  };
  const answer = await bufCurl(ratings, 'RecordRating', request);
  assert.deepEqual(JSON.parse(answer.stdout), {outcome: 'OUTCOME_CREATED'});
  await assert.rejects(bufCurl(ratings, 'GetRating', {ratingId: 'none'}), /not_found/);
});

test('without --reflection the schema is not told', async (t) => {
  const ratings = await startRatings(t);
  await assert.rejects(bufCurl(ratings, 'GetRating', {ratingId: 'r-1'}), /failed to find service/);
});

test('metrics pass promtool and count what was recorded', async (t) => {
  const ratings = await startRatings(t);
  const client = ratings.client();
  await client.record([rating('r-1'), rating('r-2'), rating('r-3', {emoticon: 'EMOTICON_UNHAPPY'})]);
  const metrics = await (await fetch(`${ratings.metrics}/metrics`)).text();
  const promtool = spawn('promtool', ['check', 'metrics'], {stdio: ['pipe', 'pipe', 'pipe']});
  let complaints = '';
  for (const stream of [promtool.stdout, promtool.stderr]) stream.on('data', (bytes) => complaints += bytes);
  const ended = new Promise((resolve) => promtool.on('close', resolve));
  promtool.stdin.end(metrics);
  assert.equal(await ended, 0, complaints);
  assert.equal(complaints, '');
  assert.match(metrics, /^rapport_\w*ratings\w*_total\{.*\} 2$/m);
  assert.doesNotMatch(metrics, /r-1|c-1/);
});

test('metrics stand for every tenant of the credentials from the start, and count each by itself', async (t) => {
  const credentials = writeCredentials(t, [
    {name: 'acme-desk', tenant: 'acme', roles: ['ROLE_INGEST']},
    {name: 'globex-desk', tenant: 'globex', roles: ['ROLE_INGEST']},
  ]);
  const ratings = await startRatings(t, {flags: [`--credentials=${credentials}`]});
  const happy = async (tenant) => {
    const metrics = await (await fetch(`${ratings.metrics}/metrics`)).text();
    const series = new RegExp(`^rapport_ratings_total\\{channel="EMAIL",scale="EMOTICON_3",tenant="${tenant}",value="HAPPY"\\} (\\d+)$`, 'm');
    return Number(series.exec(metrics)[1]);
  };
  assert.deepEqual([await happy('acme'), await happy('globex')], [0, 0]);
  await ratings.client('acme-desk').record([rating('r-1'), rating('r-2')]);
  await ratings.client('globex-desk').record([rating('r-1')]);
  assert.deepEqual([await happy('acme'), await happy('globex')], [2, 1]);
});

test('liveness and readiness are told over HTTP', async (t) => {
  const ratings = await startRatings(t);
  for (const page of ['healthz', 'readyz']) assert.equal((await fetch(`${ratings.metrics}/${page}`)).status, 200);
  assert.equal((await fetch(`${ratings.metrics}/nothing`)).status, 404);
});

test('a second server on a taken port says so', async (t) => {
  const first = await startRatings(t);
  const port = first.address.split(':')[1];
  const args = [`--listen=127.0.0.1:${port}`, '--metrics-listen=127.0.0.1:0', `--store=rocksdb:${temporaryFolder(t)}/x`];
  await assert.rejects(run(binaries.ratings, args), (error) => {
    assert.match(error.stderr, new RegExp(port));
    assert.match(error.stderr, /listen/);
    return true;
  });
});
