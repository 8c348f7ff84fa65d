// A TCP proxy on loopback whose connections can be cut, held up, or lose their answers.
import {once} from 'node:events';
import net from 'node:net';

export class Proxy {
  #pairs = new Set();
  #server;
  #held = false;
  #mute = false;

  // Connections to host:port go on to host:target.
  constructor(host, port, target) {
    Object.assign(this, {host, port, target});
  }

  get address() {
    return `${this.host}:${this.port}`;
  }

  async listen() {
    this.#server = net.createServer({noDelay: true}, (near) => this.#connect(near)).listen(this.port, this.host, 1024);
    await once(this.#server, 'listening');
  }

  close() {
    this.cut();
    this.#server.close();
  }

  // Resets all connections; new ones are let through.
  cut() {
    for (const pair of this.#pairs) this.#end(pair);
  }

  // Lets nothing through until release(); nobody is told.
  hold() {
    this.#held = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  release() {
    this.#held = false;
    for (const pair of this.#pairs) for (const socket of pair) socket.resume();
  }

  // While mute, what was asked is done, but each connection is reset when the answer is on its way.
  mute() {
    this.#mute = true;
  }

  speak() {
    this.#mute = false;
  }

  #connect(near) {
    const far = net.connect({host: this.host, port: this.target, noDelay: true});
    const pair = [near, far];
    this.#pairs.add(pair);
    for (const [from, to] of [[near, far], [far, near]]) {
      from.on('data', (bytes) => {
        if (from === far && this.#mute) return this.#end(pair);
        if (to.write(bytes)) return;
        from.pause();
        to.once('drain', () => this.#held || from.resume());
      });
      from.on('end', () => to.end());
      from.on('error', () => this.#end(pair));
      from.on('close', () => {
        to.end();
        if (to.closed) this.#pairs.delete(pair);
      });
      if (this.#held) from.pause();
    }
  }

  #end(pair) {
    if (!this.#pairs.delete(pair)) return;
    for (const socket of pair) socket.resetAndDestroy();
  }
}
