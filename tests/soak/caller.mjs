// Calls whose ends are counted by RPC and code; what should not have ended so is kept with its message.
import grpc from '@grpc/grpc-js';
import {setTimeout as delay} from 'node:timers/promises';
import {stubs} from '../e2e/harness.mjs';

const {OK, UNAVAILABLE, CANCELLED, INTERNAL} = grpc.status;
// What became of the call is unknown: its connection ended. Clients are to repeat it (deploy/README.md).
const isUnanswered = ({code, details}) =>
  code === UNAVAILABLE || code === CANCELLED || (code === INTERNAL && /Session closed|RST_STREAM/.test(details));

export class Tally {
  calls = {};
  unexpected = {};
  repeated = 0;

  add(rpc, error, expected) {
    const name = grpc.status[error?.code ?? OK];
    const key = `${rpc} ${name}`;
    this.calls[key] = (this.calls[key] ?? 0) + 1;
    if (expected.includes(name)) return;
    this.unexpected[key] ??= {count: 0, example: error?.details ?? ''};
    this.unexpected[key].count++;
  }
}

// Clients of the three services, over channels of their own, that call with `token`.
export class Caller {
  constructor(addresses, token, tally) {
    this.tally = tally;
    this.metadata = new grpc.Metadata();
    if (token) this.metadata.set('authorization', `Bearer ${token}`);
    this.clients = Object.fromEntries(Object.entries(addresses).map(([service, address]) => [
      service, new stubs[service](address, grpc.credentials.createInsecure(), {'grpc.use_local_subchannel_pool': 1}),
    ]));
  }

  // Waits for connections that are being made: grpc-js would make them all the same, and nobody would close them.
  async close() {
    for (const client of Object.values(this.clients)) {
      const isConnecting = client.getChannel().getConnectivityState(false) === grpc.connectivityState.CONNECTING;
      if (isConnecting) await new Promise((resolve) => client.waitForReady(Date.now() + 10_000, resolve));
      client.close();
    }
  }

  // Resolves to the answer, or to undefined when the call failed.
  async call(service, method, request, {expect = ['OK'], seconds = 30} = {}) {
    for (let attempt = 0; ; attempt++) {
      const [error, response] = await new Promise((resolve) => {
        this.clients[service][method](request, this.metadata, {deadline: Date.now() + seconds * 1000},
          (...answer) => resolve(answer));
      });
      if (error && attempt < 3 && isUnanswered(error) && !expect.includes(grpc.status[error.code])) {
        this.tally.repeated++;
        await delay(50 << attempt);
        continue;
      }
      this.tally.add(`${service}.${method}`, error, expect);
      return response;
    }
  }

  // Begins a call and takes it back after a moment.
  callAndCancel(service, method, request, afterMillis) {
    return new Promise((resolve) => {
      const call = this.clients[service][method](request, this.metadata, {deadline: Date.now() + 30_000}, (error) => {
        this.tally.add(`${service}.${method}`, error, ['OK', 'CANCELLED']);
        resolve();
      });
      setTimeout(() => call.cancel(), afterMillis);
    });
  }

  // Reads a stream of the server until it ends, or cancels it after a time; answers the last message.
  stream(service, method, request, {seconds = Infinity, expect = ['OK']} = {}) {
    return new Promise((resolve) => {
      const call = this.clients[service][method](request, this.metadata, {deadline: Date.now() + 300_000});
      const timer = Number.isFinite(seconds) && setTimeout(() => call.cancel(), seconds * 1000);
      let last;
      const end = (error) => {
        clearTimeout(timer);
        this.tally.add(`${service}.${method}`, error, timer ? [...expect, 'CANCELLED', 'UNAVAILABLE'] : expect);
        resolve(last);
      };
      call.on('data', (message) => (last = message));
      call.on('error', end);
      call.on('end', () => end());
    });
  }

  // Sends batches over one stream and resolves to their acknowledgements.
  ingest(service, method, batches) {
    return new Promise((resolve) => {
      const call = this.clients[service][method](this.metadata, {deadline: Date.now() + 60_000});
      const answers = [];
      const end = (error) => {
        this.tally.add(`${service}.${method}`, error, ['OK']);
        resolve(error ? undefined : answers);
      };
      call.on('data', (message) => answers.push(message));
      call.on('error', end);
      call.on('end', () => end());
      batches.forEach((batch, sequence) => call.write({sequence, ...batch}));
      call.end();
    });
  }
}
