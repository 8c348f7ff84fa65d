// Starts the real binaries for a test and gives it a client. What a test starts here is ended with the test.
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import {execFile, spawn} from 'node:child_process';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const build = process.env.RAPPORT_BUILD ?? path.join(root, 'build/release');
export const binaries = {
  ratings: path.join(build, 'services/ratings/rapport-ratings'),
  responseTimes: path.join(build, 'services/response_times/rapport-response-times'),
  churn: path.join(build, 'services/churn/rapport-churn'),
  cli: path.join(build, 'services/cli/rapport'),
};
// The store that the tests of this process run on: rocksdb or redis.
export const engine = process.env.RAPPORT_TEST_STORE ?? 'rocksdb';

const protos = protoLoader.loadSync(
    ['ratings', 'response_times', 'churn'].map((name) => `rapport/${name}/v1/${name}_service.proto`),
    {includeDirs: [path.join(root, 'protos')], keepCase: true, longs: Number, enums: String, arrays: true, objects: true});
const loaded = grpc.loadPackageDefinition(protos).rapport;
export const stubs = {
  ratings: loaded.ratings.v1.RatingsService,
  responseTimes: loaded.response_times.v1.ResponseTimesService,
  churn: loaded.churn.v1.ChurnService,
};

export function isFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

const given = new Set();

// A free port below those that the system gives to connections, so that none takes it before its server does; another
// with each call, since servers are started only when all of their ports are known.
export async function freePort() {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    if (given.has(port) || !await isFree(port)) continue;
    given.add(port);
    return port;
  }
}

const cleaning = new WeakMap();

// Does `work` when the test ends, before whatever was asked for earlier: folders go after the processes that use them.
export function afterwards(t, work) {
  if (!cleaning.has(t)) {
    cleaning.set(t, []);
    t.after(async () => {
      for (const next of cleaning.get(t).reverse()) await next();
    });
  }
  cleaning.get(t).push(work);
}

// A folder that goes with the test `t`.
export function temporaryFolder(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rapport-e2e-'));
  afterwards(t, () => fs.rmSync(folder, {recursive: true, force: true}));
  return folder;
}

// Asks `probe` until it answers something true; `describe` says what was wrong when the time is over.
export async function until(probe, describe, seconds = 30) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await delay(20)) {
    const answer = await probe();
    if (answer) return answer;
  }
  throw new Error(describe());
}

// A child process that ends with the test. `output` is what it wrote so far.
export class Child {
  output = '';

  constructor(t, file, args) {
    this.name = path.basename(file);
    this.process = spawn(file, args, {stdio: ['ignore', 'pipe', 'pipe']});
    this.exited = new Promise((resolve) => {
      this.process.on('error', (error) => resolve(error.message));
      this.process.on('exit', (code, signal) => resolve(signal ?? code));
    });
    this.exited.then((how) => this.ended = how);
    for (const stream of [this.process.stdout, this.process.stderr]) stream.on('data', (bytes) => this.output += bytes);
    afterwards(t, () => this.kill());
  }

  // SIGTERM, then the exit code.
  async stop() {
    this.process.kill('SIGTERM');
    return this.exited;
  }

  async kill() {
    this.process.kill('SIGKILL');
    await this.exited;
  }

  async becomes(ready) {
    await until(
        async () => {
          if (this.ended !== undefined) throw new Error(`${this.name} ended (${this.ended}):\n${this.output}`);
          return ready().catch(() => false);
        },
        () => `${this.name} did not become ready:\n${this.output}`);
  }
}

function canConnect(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => resolve(true));
    socket.on('connect', () => socket.destroy());
    socket.on('error', () => resolve(false));
  });
}

// A Redis server with the settings that we ask for and its data in `folder`; resolves to its URL.
export async function startRedis(t, folder = temporaryFolder(t)) {
  const port = await freePort();
  const settings = path.join(root, 'deploy/redis/redis.conf');
  const redis = new Child(t, path.join(root, 'deploy/redis/start'), [folder, settings, '--port', port, '--bind', '127.0.0.1']);
  await redis.becomes(() => canConnect(port));
  return `redis://127.0.0.1:${port}`;
}

// An empty store on `engine`, as --store wants it.
export async function newStore(t) {
  return engine === 'redis' ? startRedis(t) : `rocksdb:${path.join(temporaryFolder(t), 'store')}`;
}

// Credentials of these roles, written to a file as --credentials wants it. Tokens are the names.
export function writeCredentials(t, credentials) {
  const file = path.join(temporaryFolder(t), 'credentials.json');
  const hashed = credentials.map((credential) => ({
    tenant: 'acme',
    token_sha256: createHash('sha256').update(credential.name).digest('hex'),
    ...credential,
  }));
  fs.writeFileSync(file, JSON.stringify({credentials: hashed}));
  return file;
}

// A server of ours: `kind` is one of `binaries` that is a service.
class Server extends Child {
  constructor(t, kind, listen, flags) {
    super(t, binaries[kind], [`--listen=${listen}`, '--metrics-listen=127.0.0.1:0', ...flags]);
    this.kind = kind;
    this.test = t;
  }

  // Learns from the log where the server listens.
  findAddresses() {
    const line = this.output.split('\n').find((each) => each.includes('"metrics_port"') && each.endsWith('}'));
    if (!line) return false;
    const {port, metrics_port} = JSON.parse(line);
    this.address = `127.0.0.1:${port}`;
    this.metrics = `http://127.0.0.1:${metrics_port}`;
    return true;
  }

  // A client that calls with `token`, or as anybody without.
  client(token) {
    const client = new Client(stubs[this.kind], this.address, token);
    afterwards(this.test, () => client.close());
    return client;
  }
}

async function start(t, kind, {store, listen = '127.0.0.1:0', flags = []} = {}) {
  const server = new Server(t, kind, listen, [`--store=${store ?? await newStore(t)}`, ...flags]);
  await server.becomes(async () => server.findAddresses() && (await fetch(`${server.metrics}/readyz`)).ok);
  return server;
}

// Start a service on `store` (a new one by default) and wait until it is ready.
export const startRatings = (t, options) => start(t, 'ratings', options);
export const startResponseTimes = (t, options) => start(t, 'responseTimes', options);
// Asks only those other services that it is told of, and scores everyone only when it is told to.
export const startChurn = (t, {store, ratings = 'none', responseTimes = 'none', flags = []} = {}) => start(t, 'churn', {
  store, flags: [`--ratings-server=${ratings}`, `--response-times-server=${responseTimes}`, '--sweep-interval=inf', ...flags],
});

// Calls that answer promises, over one channel. Failed calls reject with grpc-js's error: `code` and `details`.
export class Client {
  constructor(Stub, address, token, options = {}) {
    this.stub = new Stub(address, grpc.credentials.createInsecure(), options);
    this.metadata = new grpc.Metadata();
    if (token) this.metadata.set('authorization', `Bearer ${token}`);
  }

  close() {
    this.stub.close();
  }

  // A unary call; the method is named as in the proto.
  call(method, request) {
    return new Promise((resolve, reject) => {
      this.stub[method](request, this.metadata, {deadline: Date.now() + 20_000}, (error, response) => {
        error ? reject(error) : resolve(response);
      });
    });
  }

  // A call whose server streams; the result can be iterated and cancelled.
  stream(method, request) {
    return this.stub[method](request, this.metadata, {deadline: Date.now() + 60_000});
  }

  // All messages of a stream that ends by itself.
  async collect(method, request) {
    const messages = [];
    for await (const message of this.stream(method, request)) messages.push(message);
    return messages;
  }

  ingest(method = 'IngestRatings') {
    return this.stub[method](this.metadata, {deadline: Date.now() + 60_000});
  }

  // Record any number of ratings, of events or of activities, and throw if one is refused.
  record(ratings) {
    return this.recordAll('RecordRatings', 'ratings', ratings);
  }

  recordEvents(events) {
    return this.recordAll('RecordEvents', 'events', events);
  }

  recordActivities(activities) {
    return this.recordAll('RecordActivities', 'activities', activities);
  }

  async recordAll(method, field, items) {
    for (let begin = 0; begin < items.length; begin += 1000) {
      const {results} = await this.call(method, {[field]: items.slice(begin, begin + 1000)});
      const refused = results.find((result) => result.status?.code);
      if (refused) throw new Error(`refused: ${JSON.stringify(refused)}`);
    }
  }
}

// Runs a program to its end: {stdout, stderr}; rejects when it fails.
export function run(file, args, options = {}) {
  return promisify(execFile)(file, args, {maxBuffer: 64 << 20, timeout: 120_000, ...options});
}

export const buf = path.join(root, 'tests/buf');

// Names of gRPC codes, for assert.rejects(..., {code: code.NOT_FOUND}).
export const code = grpc.status;

export const time = (text) => {
  const millis = typeof text === 'number' ? text : Date.parse(text);
  return {seconds: Math.floor(millis / 1000), nanos: (((millis % 1000) + 1000) % 1000) * 1e6};
};
export const millisOf = (timestamp) => Number(timestamp.seconds ?? 0) * 1000 + (timestamp.nanos ?? 0) / 1e6;
// A 64-bit number of an answer, which leaves out those that are 0.
export const count = (number) => Number(number ?? 0);
export const range = (start, end) => ({start: time(start), end: time(end)});

// A rating with what every rating needs, changed by `fields`.
export function rating(id, fields = {}) {
  return {
    rating_id: id,
    customer_id: 'c-1',
    scale: 'SCALE_EMOTICON_3',
    emoticon: 'EMOTICON_HAPPY',
    channel: 'CHANNEL_EMAIL',
    occurred_at: time('2024-03-05T10:00:00Z'),
    ...fields,
  };
}

const messages = {customer: {author: 'AUTHOR_CUSTOMER'}, agent: {author: 'AUTHOR_AGENT'}, bot: {author: 'AUTHOR_BOT'}};

// An event of a conversation: `what` is `customer`, `agent` or `bot` for a message, else the kind's name in the proto.
export function event(id, conversation, what, at, fields = {}) {
  return {
    event_id: id,
    conversation_id: conversation,
    customer_id: 'c-1',
    channel: 'CHANNEL_EMAIL',
    occurred_at: time(at),
    ...(what in messages ? {message: {...messages[what], ...fields.message}} : {[what]: {}}),
    ...Object.fromEntries(Object.entries(fields).filter(([key]) => key !== 'message')),
  };
}

// What a customer did: `kind` is named as in the proto.
export function activity(id, customer, kind, at, fields = {}) {
  return {activity_id: id, customer_id: customer, occurred_at: time(at), [kind]: fields};
}

export const subscription = (minor, plan = 'pro', currency = 'EUR') => ({plan, monthly_recurring_minor: minor, currency});
