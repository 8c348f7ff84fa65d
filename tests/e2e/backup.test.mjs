// Runs the commands of deploy/README.md while a service is written to, and looks at what comes back.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {binaries, engine, freePort, root, run, startRedis, temporaryFolder} from './harness.mjs';
import {Load, Replicas, services} from './numbered.mjs';

const guide = fs.readFileSync(path.join(root, 'deploy/README.md'), 'utf8');

// A code block of the guide, with `changes` made so that it fits this test.
function commands(name, changes) {
  const [, text] = guide.match(new RegExp(`^\`\`\`sh ${name}\\n([^]*?)^\`\`\`$`, 'm'));
  return changes.reduce((changed, [from, to]) => {
    assert.ok(changed.includes(from), `${name}: no ${from}`);
    return changed.replaceAll(from, to);
  }, text);
}

function shell(text, cwd) {
  // What a command leaves running ends with it.
  return run('bash', ['-euo', 'pipefail', '-c', `trap 'jobs -p | xargs -r kill 2>/dev/null || true' EXIT\n${text}`], {cwd});
}

// Fills a service, backs it up by `back` while more comes in, and compares what `restore` brings back: a settled year is
// the same, and all that was acknowledged before the backup is there.
async function survives(t, kind, store, flags, {back, restore}) {
  const service = services[kind];
  const server = await service.start(t, {store, flags});
  const replicas = new Replicas();
  replicas.addresses = [server.address];
  const client = replicas.client(t, kind);
  const settled = new Load(client, kind, 2024);
  await settled.advances(50);
  const total = await settled.finish();
  const running = new Load(client, kind, 2025);
  await running.advances(20);
  const acknowledged = [...settled.acknowledged, ...running.acknowledged];
  await back(server);
  await running.advances(20);
  await running.finish();

  const restored = await service.start(t, {store: await restore(server)});
  const stored = await service.stored(restored.client());
  const distinct = new Set(stored);
  assert.equal(distinct.size, stored.length);
  assert.deepEqual(acknowledged.filter((id) => !distinct.has(id)), []);
  assert.deepEqual(await service.figures(restored.client(), 2024), service.expected(total));
  const figures = await service.figures(restored.client(), 2025);
  t.diagnostic(`${acknowledged.length} events acknowledged before the backup, ${stored.length} restored; 2024 as it was ` +
      `(${JSON.stringify(service.expected(total))}), 2025 ${JSON.stringify(figures)}`);
  // It goes on from there.
  await restored.client().call(service.record, {[service.field]: [service.make(0, 2023)]});
  return restored;
}

for (const kind of Object.keys(services)) {
  test(`a checkpoint of ${kind} holds all that was acknowledged`, {skip: engine !== 'rocksdb' && 'checkpoints are of RocksDB'}, async (t) => {
    const folder = temporaryFolder(t);
    const checkpoints = path.join(folder, 'checkpoints');
    await survives(t, kind, `rocksdb:${path.join(folder, 'data')}`, [`--checkpoints=${checkpoints}`], {
      back: ({metrics}) => shell(commands('checkpoint', [['http://127.0.0.1:9464', metrics]]), folder),
      restore: async () => {
        assert.deepEqual(fs.readdirSync(checkpoints), []);
        await shell(commands('checkpoint-restore', []), folder);
        return `rocksdb:${path.join(folder, 'restored')}`;
      },
    });
  });

  test(`a snapshot of Redis restores ${kind}`, {skip: engine !== 'redis' && 'snapshots are of Redis'}, async (t) => {
    const folder = temporaryFolder(t);
    const store = await startRedis(t);
    await survives(t, kind, store, [], {
      back: async () => {
        await run('redis-cli', ['-u', store, 'config', 'set', 'repl-diskless-sync-delay', '0']);  // else it waits 5 s for more
        await shell(commands('redis-backup', [['6379', new URL(store).port]]), folder);
      },
      restore: async () => {
        const port = await freePort();
        fs.symlinkSync(path.join(root, 'deploy'), path.join(folder, 'deploy'));
        await shell(commands('redis-restore', [['6379', port]]), folder);
        return startRedis(t, path.join(folder, 'restored'));
      },
    });
  });
}

test('checkpoints are written only where they are asked for, and for callers of this machine', {skip: engine !== 'rocksdb' && 'checkpoints are of RocksDB'}, async (t) => {
  const folder = temporaryFolder(t);
  const without = await services.ratings.start(t, {store: `rocksdb:${folder}/a`});
  assert.equal((await fetch(`${without.metrics}/checkpoint`, {method: 'POST'})).status, 404);

  const server = await services.ratings.start(t, {store: `rocksdb:${folder}/b`, flags: [`--checkpoints=${folder}/c`]});
  const ask = (options) => fetch(`${server.metrics}/checkpoint`, options);
  assert.equal((await ask({})).status, 405);
  assert.equal((await ask({method: 'POST', headers: {Origin: 'http://example.com'}})).status, 403);
  assert.equal(fs.existsSync(`${folder}/c`), false);
  const names = [await ask({method: 'POST'}), await ask({method: 'POST'})].map((response) => response.text());
  const folders = (await Promise.all(names)).map((text) => text.trim());
  assert.deepEqual(folders.map((each) => fs.existsSync(each)), [true, true]);
  fs.writeFileSync(`${folder}/file`, '');
  await assert.rejects(run(binaries.ratings, [`--store=redis://127.0.0.1:1`, `--checkpoints=${folder}/c`]), /only --store=rocksdb/);
});
