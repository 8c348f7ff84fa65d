// What one caller, or a crowd of strangers, can take from the others: sizes, rates, slow connections and floods.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import http2 from 'node:http2';
import test from 'node:test';
import {descriptorsOf, headers, hello, helloWithoutWindow, mebibytesOf, message, peakMebibytesOf, ping, preface, Raw, reset, settings,
  WellBehaved} from './attacks.mjs';
import {afterwards, Client, code, holder, rating, startRatings, stubs, until, writeCredentials} from './support.mjs';

const rpc = (name) => `/rapport.ratings.v1.RatingsService/${name}`;
const staff = [holder('sender', ['ingest', 'read']), holder('other', ['ingest', 'read'], 'globex')];

async function startServer(t, flags = []) {
  const server = await startRatings(t, {flags: [`--credentials=${writeCredentials(t, staff)}`, ...flags]});
  server.grpcPort = Number(server.address.split(':')[1]);
  server.metricsPort = Number(new URL(server.metrics).port);
  return server;
}

// `work` with a client that goes on calling; it must be answered ten times more while the attack lasts, and after it.
async function besideGoodClient(server, work) {
  const good = new WellBehaved(server.client('other'));
  const goesOn = async (what) => {
    const before = good.answered;
    await until(() => good.failed || good.answered >= before + 10, () => `no answers ${what}: ${good.answered}, refused ${good.refused}`, 120);
    assert.equal(good.failed, undefined);
  };
  await goesOn('before');
  await work(goesOn);
  await goesOn('after');
  await good.stop();
  assert.equal(server.ended, undefined);
  return good;
}

function connect(t, count, port, first, options) {
  const connections = Array.from({length: count}, () => new Raw(port, first, options));
  afterwards(t, () => connections.forEach((each) => each.destroy()));
  return connections;
}

const metricOf = async (server, name) =>
  Number((await (await fetch(`${server.metrics}/metrics`)).text()).match(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'm'))?.[1] ?? 0);

test('messages, batches and metadata are bounded in size', async (t) => {
  const server = await startServer(t);
  const client = server.client('sender');
  const tooMuch = {ratings: [rating('r-1', {comment: 'x'.repeat(5 << 20)})]};
  await assert.rejects(client.call('RecordRatings', tooMuch), {code: code.RESOURCE_EXHAUSTED});
  const stream = client.ingest();
  const ended = new Promise((resolve) => stream.on('error', resolve));
  stream.on('data', () => {});
  stream.write({sequence: 1, ...tooMuch});
  assert.equal((await ended).code, code.RESOURCE_EXHAUSTED);
  const many = {ratings: Array.from({length: 1001}, (_, i) => rating(`r-${i}`))};
  await assert.rejects(client.call('RecordRatings', many), {code: code.INVALID_ARGUMENT, details: /1,?000/});
  const talkative = new Client(stubs.ratings, server.address, 'sender', {'grpc.use_local_subchannel_pool': 1});
  afterwards(t, () => talkative.close());
  for (let i = 0; i < 40; ++i) talkative.metadata.set(`x-${i}`, 'y'.repeat(1000));
  await assert.rejects(talkative.call('GetRating', {rating_id: 'r-1'}), {code: code.RESOURCE_EXHAUSTED});
  await client.record([rating('r-1')]);
});

test('rates and open streams of a tenant are bounded, and leave those of others alone', async (t) => {
  const server = await startServer(t, ['--tenant-calls-per-second=40', '--tenant-open-streams=20']);
  const [sender, other] = [server.client('sender'), server.client('other')];
  const answers = await Promise.allSettled(Array.from({length: 200}, (_, i) => sender.call('RecordRating', {rating: rating(`r-${i}`)})));
  const refused = answers.filter((each) => each.status === 'rejected').map((each) => each.reason);
  assert.ok(refused.length > 0 && refused.length < 200, `${refused.length} refused`);
  for (const error of refused) {
    assert.equal(error.code, code.RESOURCE_EXHAUSTED);
    assert.match(error.details, /--tenant-calls-per-second/);
    assert.ok(Number(error.metadata.get('grpc-retry-pushback-ms')[0]) > 0, 'advice when to retry');
  }
  await other.call('RecordRating', {rating: rating('r-1')});

  const unbounded = await startServer(t, ['--tenant-open-streams=20']);
  const watchers = unbounded.client('sender');
  const outcomes = [];
  const calls = Array.from({length: 60}, () => {
    const call = watchers.stream('WatchRatings', {});
    call.on('data', () => outcomes.push('open'));
    call.on('error', (error) => outcomes.push(error));
    return call;
  });
  // Those that are open tell of a rating; who comes too late for it is told of the next.
  let told = 0;
  const tooMany = () => outcomes.filter((each) => each.code === code.RESOURCE_EXHAUSTED);
  await until(() => tooMany().length === 40, () => `${tooMany().length} refused`);
  assert.match(tooMany()[0].details, /has 20 streams open.*--tenant-open-streams/);
  assert.ok(Number(tooMany()[0].metadata.get('grpc-retry-pushback-ms')[0]) > 0, 'advice when to retry');
  await until(async () => {
    await unbounded.client('other').call('RecordRating', {rating: rating(`told-${++told}`)});
    await watchers.call('RecordRating', {rating: rating(`told-${told}`)});
    return outcomes.filter((each) => each === 'open').length >= 20;
  }, () => 'the open ones do not tell');
  const theirs = unbounded.client('other').stream('ExportRatings', {range: {start: {seconds: 1}, end: {seconds: 2}}});
  assert.equal(await new Promise((resolve) => theirs.on('data', () => {}).on('end', () => resolve('ended')).on('error', resolve)), 'ended');
  calls.forEach((call) => call.cancel());
  await until(async () => (await watchers.collect('ExportRatings', {range: {start: {seconds: 1}, end: {seconds: 2}}}).catch(() => null)) !== null,
              () => 'places do not become free');
});

test('slow and silent connections are closed, and others are served meanwhile', async (t) => {
  const server = await startServer(t, ['--handshake-timeout=2s', '--max-connection-idle=2s', '--max-connection-age=6s', '--drain-timeout=1s']);
  const list = Buffer.from([0x0a, 0x0a, 0x0a, 0x02, 0x08, 0x01, 0x12, 0x04, 0x08, 0xff, 0xff, 0x07]);  // from second 1 on
  await besideGoodClient(server, async (goesOn) => {
    const [memory, descriptors] = [mebibytesOf(server), descriptorsOf(server)];
    const port = server.grpcPort;
    const slow = {
      'nothing': connect(t, 50, port),
      'half a preface': connect(t, 50, port, preface.subarray(0, 12)),
      'no call': connect(t, 50, port, hello),
      'headers byte by byte': connect(t, 50, port, hello).map((each) => each.drip(headers(rpc('RecordRating'), 1, 'sender').subarray(0, 60))),
      'a body byte by byte': connect(t, 50, port, Buffer.concat([hello, headers(rpc('RecordRating'), 1, 'sender')]))
          .map((each) => (each.write(Buffer.from([0, 16, 0, 0, 0, 0, 0, 0, 1])), each.drip(Buffer.alloc(100)))),
      'an answer never taken': connect(t, 50, port, Buffer.concat([helloWithoutWindow, headers(rpc('ListRatings'), 1, 'sender'), message(1, list)])),
      'a watch never read': connect(t, 50, port, Buffer.concat([hello, headers(rpc('WatchRatings'), 1, 'sender'), message(1, Buffer.alloc(0))]),
                                    {deaf: true}),
    };
    await goesOn('beside slow connections');
    t.diagnostic(`${descriptorsOf(server) - descriptors} descriptors and ${mebibytesOf(server) - memory} MiB for 350 slow connections`);
    for (const [kind, connections] of Object.entries(slow)) {
      // A deaf one learns that it was closed when it looks.
      if (kind === 'a watch never read') connections.forEach((each) => each.socket.resume());
      await until(() => connections.every((each) => each.closed), () => `${kind}: ${connections.filter((each) => !each.closed).length} open`, 120);
    }
    await until(() => descriptorsOf(server) <= descriptors + 5, () => `${descriptorsOf(server)} descriptors, ${descriptors} before`);
    assert.ok(mebibytesOf(server) - memory < 200, `${mebibytesOf(server)} MiB, ${memory} before`);

    // The port of metrics and probes, too.
    const silent = [...connect(t, 60, server.metricsPort), ...connect(t, 60, server.metricsPort, 'GET /metr')];
    await until(async () => (await fetch(`${server.metrics}/healthz`)).ok, () => 'no answer to a probe', 120);
    await until(() => silent.every((each) => each.closed), () => 'silent connections to the metrics port stay open', 120);
  });
});

test('connections are bounded, and the server outlives a want of file descriptors', async (t) => {
  const server = await startServer(t, ['--max-connections=60']);
  await besideGoodClient(server, async (goesOn) => {
    const crowd = connect(t, 150, server.grpcPort, hello);
    await until(() => crowd.filter((each) => each.closed).length >= 90, () => 'connections beyond the bound stay open');
    await goesOn('beside as many connections as may be');
    assert.ok(await metricOf(server, 'rapport_connections_refused_total') >= 90);
    assert.ok(await metricOf(server, 'rapport_connections') <= 60);
    crowd.forEach((each) => each.destroy());
    await until(async () => await metricOf(server, 'rapport_connections') < 10, () => 'closed connections count');

    const limit = (value) => execFileSync('prlimit', ['--pid', server.process.pid, `--nofile=${value}:`]);
    limit(descriptorsOf(server) + 5);
    const more = connect(t, 40, server.grpcPort, hello);
    await until(() => server.output.includes('connections wait for file descriptors'), () => 'descriptors do not run out');
    await goesOn('without file descriptors');
    more.forEach((each) => each.destroy());
    limit(1024);
    await until(() => server.client('sender').call('RecordRating', {rating: rating('late')}).then(() => true, () => false),
                () => 'no new connection after the want of descriptors');
  });
});

// The limit of memory that the floods meet, and what may be held above it: what comes in between two looks.
const memoryLimit = 400;
const overshoot = 250;
const withMemoryLimit = `--memory-limit=${memoryLimit << 20}`;

function assertBounded(t, server, what) {
  t.diagnostic(`${what}: ${peakMebibytesOf(server)} MiB at most, ${memoryLimit} allowed; now ${mebibytesOf(server)}`);
  assert.ok(peakMebibytesOf(server) < memoryLimit + overshoot, `${what}: ${peakMebibytesOf(server)} MiB`);
}

test('messages that are never finished take no more memory than they may', async (t) => {
  const server = await startServer(t, [withMemoryLimit, '--max-transport-bytes=67108864']);
  const length = (4 << 20) - 64;
  const head = Buffer.alloc(5);
  head.writeUInt32BE(length + 1, 1);
  const body = Buffer.concat([head, Buffer.alloc(length)]);
  const [connections, streams] = [8, 40];
  await besideGoodClient(server, async (goesOn) => {
    let open = connections * streams;
    for (let connection = 0; connection < connections; ++connection) {
      const session = http2.connect(`http://${server.address}`);
      afterwards(t, () => session.destroy());
      session.on('error', () => {});
      for (let i = 0; i < streams; ++i) {
        // Without a credential: the whole message is awaited before it is asked who sends it.
        const stream = session.request({':method': 'POST', ':path': rpc('RecordRatings'), 'content-type': 'application/grpc', 'te': 'trailers'});
        stream.on('error', () => {});
        stream.on('close', () => --open);
        stream.write(body);
      }
    }
    await goesOn('beside half-sent messages');
    // What may stay is what fits.
    await until(() => open * 4 <= memoryLimit, () => `${open} streams stay open`, 120);
    assertBounded(t, server, `${connections * streams * 4} MiB half sent`);
  });
});

test('floods of streams, resets, pings and settings are bounded', async (t) => {
  const server = await startServer(t, [withMemoryLimit]);
  await besideGoodClient(server, async (goesOn) => {
    const rapid = connect(t, 4, server.grpcPort, hello);
    for (const each of rapid) {
      for (let stream = 1; stream < 10_000; stream += 2) {
        each.write(Buffer.concat([headers(rpc('WatchRatings'), stream, 'sender'), message(stream, Buffer.alloc(0)), reset(stream)]));
      }
    }
    await goesOn('beside streams that are reset');
    rapid.forEach((each) => each.destroy());
    assertBounded(t, server, '20,000 streams reset');

    for (const each of connect(t, 4, server.grpcPort, hello)) {
      for (let stream = 1; stream < 2_000; stream += 2) {
        each.write(Buffer.concat([headers('/grpc.health.v1.Health/Watch', stream), message(stream, Buffer.alloc(0))]));
      }
    }
    await goesOn('beside thousands of idle streams');
    const pings = connect(t, 4, server.grpcPort, Buffer.concat([hello, ...Array(20_000).fill(ping)]));
    await until(() => pings.every((each) => each.closed), () => 'who floods with pings is not cut off', 120);
    connect(t, 4, server.grpcPort, Buffer.concat([hello, ...Array(20_000).fill(settings)]), {deaf: true});
    await goesOn('beside settings');
    assertBounded(t, server, 'and 4,000 health watches, 80,000 pings, 80,000 settings');
  });
  assert.ok((await fetch(`${server.metrics}/readyz`)).ok);
});
