// deploy/redis/start on append-only files as a kill, or a broken disk, leaves them.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {Child, freePort, root, run, startRedis, temporaryFolder} from '../e2e/harness.mjs';

const script = path.join(root, 'deploy/redis/start');
const fileIn = (folder) => path.join(folder, 'appendonlydir/appendonly.aof.1.incr.aof');
const redis = async (port, ...words) => (await run('redis-cli', ['-p', port, ...words])).stdout.trim();

// A folder with three commits, of which each sets two keys, and where the file has the last one.
async function writtenFolder(t) {
  const folder = temporaryFolder(t);
  const {port} = new URL(await startRedis(t, folder));
  await redis(port, 'ping');  // it may take connections before it has its files
  let lastBegins;
  for (const i of [1, 2, 3]) {
    lastBegins = fs.statSync(fileIn(folder)).size;
    await redis(port, 'eval', `redis.call('set', 'a${i}', ${i}) redis.call('set', 'b${i}', ${i})`, '0');
  }
  await redis(port, 'shutdown', 'nosave');
  return {folder, lastBegins};
}

async function start(t, folder) {
  const port = await freePort();
  const child = new Child(t, script, [folder, path.join(root, 'deploy/redis/redis.conf'), '--port', port, '--bind', '127.0.0.1']);
  return {port, child};
}

test('a commit that is half written is cut away whole', async (t) => {
  const {folder, lastBegins} = await writtenFolder(t);
  const whole = fs.readFileSync(fileIn(folder));
  fs.writeFileSync(fileIn(folder), whole.subarray(0, whole.length - 20));
  const {port, child} = await start(t, folder);
  await child.becomes(async () => (await redis(port, 'ping')) === 'PONG');
  assert.equal(await redis(port, 'mget', 'a1', 'b1', 'a2', 'b2', 'a3', 'b3'), '1\n1\n2\n2');
  assert.deepEqual(fs.readFileSync(fileIn(folder)), whole.subarray(0, lastBegins));
  assert.match(child.output, new RegExp(`half written: .*incr.aof from byte ${lastBegins} on`));
});

test('a file that is damaged before its last commit is left as it is, and nothing starts', async (t) => {
  const {folder} = await writtenFolder(t);
  const damaged = fs.readFileSync(fileIn(folder));
  damaged.write('?', damaged.indexOf('*3'));
  fs.writeFileSync(fileIn(folder), damaged);
  const {child} = await start(t, folder);
  assert.equal(await child.exited, 1);
  assert.match(child.output, /incr\.aof is damaged at byte \d+, before its last commit\. Restore a backup/);
  assert.deepEqual(fs.readFileSync(fileIn(folder)), damaged);
});

test('without its arguments it tells them', async () => {
  await assert.rejects(run(script, []), ({code, stderr}) => code === 2 && /^Usage: .*FOLDER CONFIG/.test(stderr));
});
