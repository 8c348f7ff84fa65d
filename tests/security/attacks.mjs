// Connections that keep to no rules: HTTP/2 by hand, to a server on this machine.
import fs from 'node:fs';
import net from 'node:net';
import {code, rating} from './support.mjs';

export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const types = {data: 0, headers: 1, reset: 3, settings: 4, ping: 6, windowUpdate: 8};
const endStream = 1;
const endHeaders = 4;

export function frame(type, {flags = 0, stream = 0, payload = Buffer.alloc(0)} = {}) {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = types[type];
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

// Literals without indexing (RFC 7541, 6.2.2); no text is longer than 126 bytes.
const hpack = (headers) => Buffer.concat(Object.entries(headers).flatMap(([name, value]) => [
  Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value),
]));

export const hello = Buffer.concat([preface, frame('settings')]);
// The client takes nothing in: no window for any stream.
export const helloWithoutWindow = Buffer.concat([preface, frame('settings', {payload: Buffer.from([0, 4, 0, 0, 0, 0])})]);

export const headers = (path, stream, token, flags = endHeaders) => frame('headers', {flags, stream, payload: hpack({
  ':method': 'POST', ':scheme': 'http', ':path': path, ':authority': 'x', 'content-type': 'application/grpc', 'te': 'trailers',
  ...token && {authorization: `Bearer ${token}`},
})});
// A message of gRPC, or the beginning of one that is to be longer.
export function message(stream, payload, {length = payload.length, last = true} = {}) {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(length, 1);
  return frame('data', {stream, flags: last ? endStream : 0, payload: Buffer.concat([head, payload])});
}
export const reset = (stream) => frame('reset', {stream, payload: Buffer.from([0, 0, 0, 8])});
export const ping = frame('ping', {payload: Buffer.alloc(8)});
export const settings = frame('settings');

// A connection that says `first`, and then what it is told to; a `deaf` one reads nothing.
export class Raw {
  closed = false;
  received = 0;

  constructor(port, first, {deaf = false} = {}) {
    this.socket = net.connect(port, '127.0.0.1');
    this.socket.setNoDelay(true);
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.closed = true;
      clearInterval(this.dripping);
    });
    if (!deaf) this.socket.on('data', (bytes) => this.received += bytes.length);
    if (first) this.socket.write(first);
  }

  write(bytes) {
    if (!this.closed) this.socket.write(bytes);
  }

  // One byte at a time, on and on.
  drip(bytes) {
    let next = 0;
    this.dripping = setInterval(() => this.write(bytes.subarray(next % bytes.length, next++ % bytes.length + 1)), 100);
    return this;
  }

  destroy() {
    this.socket.destroy();
  }
}

const status = (server, field) => Number(fs.readFileSync(`/proc/${server.process.pid}/status`, 'utf8').match(`${field}:\\s+(\\d+)`)[1]);
export const mebibytesOf = (server) => Math.round(status(server, 'VmRSS') / 1024);
export const peakMebibytesOf = (server) => Math.round(status(server, 'VmHWM') / 1024);
export const descriptorsOf = (server) => fs.readdirSync(`/proc/${server.process.pid}/fd`).length;

// A client as there should be: one call after the other, and when one is refused it is repeated. `answered` counts.
export class WellBehaved {
  answered = 0;
  refused = 0;

  constructor(client) {
    this.running = (async () => {
      for (let id = 0; !this.stopped;) {
        try {
          await client.call('RecordRating', {rating: rating(`good-${id}`)});
          ++this.answered;
          ++id;
        } catch (error) {
          if (![code.UNAVAILABLE, code.RESOURCE_EXHAUSTED, code.DEADLINE_EXCEEDED, code.CANCELLED].includes(error.code)) throw error;
          ++this.refused;
        }
      }
    })();
    this.running.catch((error) => this.failed = error);
  }

  async stop() {
    this.stopped = true;
    await this.running;
  }
}
