// The pods of the overlay `dev`, of an image that was built, under podman. Run by tests/run --image.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import yaml from 'yaml';
import {afterwards, isFree, temporaryFolder, until} from '../e2e/harness.mjs';
import {containers, folder, portNumber, render, workloads} from './manifests.mjs';
import {passes, playable, podman} from './podman.mjs';

const image = process.env.RAPPORT_IMAGE;
const redisImage = process.env.RAPPORT_REDIS_IMAGE;

// The overlay with the images that are here.
function renderDev(t) {
  const own = fs.realpathSync(temporaryFolder(t));
  const split = (name) => ({newName: name.slice(0, name.lastIndexOf(':')), newTag: name.slice(name.lastIndexOf(':') + 1)});
  fs.writeFileSync(path.join(own, 'kustomization.yaml'), yaml.stringify({
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [path.relative(own, path.join(folder, 'overlays/dev'))],
    images: [
      {name: 'localhost/rapport', ...split(image)},
      {name: 'docker.io/library/redis', ...split(redisImage)},
    ],
  }));
  return render(own);
}

const instance = (workload) => `${workload.metadata.name}-${containers(workload)[0].name}`;

// Plays the documents; everything that this makes goes with the test.
async function play(t, documents) {
  for (const workload of workloads(documents)) {
    for (const {containerPort} of containers(workload)[0].ports) {
      assert.ok(await isFree(containerPort), `port ${containerPort} is taken: stop what listens there`);
    }
  }
  const played = playable(documents);
  const file = path.join(temporaryFolder(t), 'pods.yaml');
  fs.writeFileSync(file, played.map((document) => yaml.stringify(document)).join('---\n'));
  const made = new Set(played.map(({metadata}) => metadata.name));
  const remove = async () => {
    await podman('pod', 'rm', '--force', '--ignore', ...workloads(documents).map(({metadata}) => metadata.name));
    const volumes = (await podman('volume', 'ls', '--quiet')).split('\n').filter((name) => made.has(name));
    for (const volume of volumes) await podman('volume', 'rm', volume);
  };
  await remove();
  afterwards(t, remove);
  await podman('play', 'kube', '--network', 'host', file);
}

// Until podman has noticed that a pod's processes ended.
async function isOver({metadata: {name}}) {
  await until(async () => await podman('pod', 'inspect', '--format={{.State}}', name) === 'Exited', () => `${name} runs still`);
}

async function becomesReady(workload) {
  const [container] = containers(workload);
  await until(() => passes(workload, container, container.readinessProbe), () => `${instance(workload)} is not ready`);
}

test('the pods of dev become ready, serve the command line, keep to themselves and end in good order', async (t) => {
  const documents = renderDev(t);
  await play(t, documents);
  const services = workloads(documents).filter(({kind}) => kind === 'Deployment');

  await t.test('every probe passes', async () => {
    for (const workload of workloads(documents)) {
      await becomesReady(workload);
      for (const container of containers(workload)) {
        for (const probe of [container.startupProbe, container.livenessProbe].filter(Boolean)) {
          assert.ok(await passes(workload, container, probe), instance(workload));
        }
      }
    }
  });

  const rapport = (...args) => podman('run', '--rm', '--read-only', '--network', 'host', image, 'rapport', ...args);
  const record = [
    'ratings', 'record', '--rating-id=T-1', '--customer=C-7', '--scale=CSAT_5', '--score=5',
    `--occurred-at=${new Date().toISOString()}`,
  ];
  const convert = ['activities', 'record', 'CONVERTED', '--customer=C-7', '--plan=pro', '--revenue=49.90', '--currency=EUR'];

  await t.test('the command line records and asks, with a token only', async () => {
    assert.match(await rapport('--token=dev', ...record), /created/);
    assert.match(await rapport('--token=dev', 'ratings', 'query', '--last=1d'), /CSAT_5/);
    assert.match(await rapport('--token=dev', 'conversations', 'waiting'), /waiting for us: 0/);
    assert.match(await rapport('--token=dev', ...convert), /created/);
    const {score} = JSON.parse(await rapport('--token=dev', 'churn', 'score', 'C-7', '--output=json'));
    assert.equal(score.kind, 'SCORE_KIND_HEALTH_SCORE');
    assert.deepEqual(score.sources.map(({freshness}) => freshness), Array(3).fill('FRESHNESS_FRESH'), 'it asks the other two');
    await assert.rejects(rapport(...record), /UNAUTHENTICATED|token/);
  });

  await t.test('processes have no rights and cannot write', async () => {
    for (const workload of services) {
      const inside = (...args) => podman('exec', instance(workload), ...args);
      assert.equal(await inside('id', '-u'), '10001');
      assert.match(await inside('grep', 'CapEff', '/proc/self/status'), /\b0+$/);
      await assert.rejects(inside('touch', '/tmp/x'), /Read-only file system/);
    }
  });

  await t.test('metrics are there to scrape', async () => {
    for (const workload of services) {
      const page = await (await fetch(`http://127.0.0.1:${portNumber(workload, 'metrics')}/metrics`)).text();
      assert.match(page, /^rapport_ready 1$/m);
    }
  });

  await t.test('a pod that is stopped drains within its grace', async () => {
    for (const workload of services) {
      const {terminationGracePeriodSeconds: grace} = workload.spec.template.spec;
      await podman('pod', 'stop', `--time=${grace}`, workload.metadata.name);
      assert.equal(await podman('inspect', '--format={{.State.ExitCode}}', instance(workload)), '0');
    }
  });

  await t.test('what was acknowledged outlives services and Redis', async () => {
    const redis = workloads(documents).find(({kind}) => kind === 'StatefulSet');
    await podman('kill', '--signal=KILL', instance(redis));
    for (const workload of [redis, ...services]) {
      await isOver(workload);
      await podman('pod', 'start', workload.metadata.name);
      await becomesReady(workload);
    }
    assert.match(await rapport('--token=dev', ...record), /duplicate/);
  });
});
