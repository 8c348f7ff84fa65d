// Processes that are killed and stopped on purpose, and started again when they end by themselves, as Kubernetes would.
import {spawn} from 'node:child_process';
import fs from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';

const restartAfter = 300;  // milliseconds

export class Process {
  #child;
  #exited = Promise.resolve();
  #wanted = false;

  // What it writes is added to `log`. `tell` hears of ends that nobody asked for.
  constructor({name, file, args, log, tell}) {
    Object.assign(this, {name, file, args, log, tell});
  }

  start() {
    this.#wanted = true;
    this.#spawn();
  }

  // Ends it without a word, whatever state it is in, for good or until start().
  async kill() {
    this.#wanted = false;
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  // Ends it in good order; answers its exit code, or the signal that it died of.
  async drain() {
    this.#wanted = false;
    this.#child?.kill('SIGTERM');
    return this.#exited;
  }

  freeze() {
    this.#child?.kill('SIGSTOP');
  }

  thaw() {
    this.#child?.kill('SIGCONT');
  }

  #spawn() {
    const output = fs.openSync(this.log, 'a');
    const child = spawn(this.file, this.args, {stdio: ['ignore', output, output]});
    fs.closeSync(output);
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.on('error', (error) => resolve(error.message));
      child.on('exit', (code, signal) => resolve(signal ?? code));
    });
    this.#exited.then((how) => this.#ended(child, how));
  }

  async #ended(child, how) {
    if (!this.#wanted || child !== this.#child) return;
    this.tell(this, how);
    await delay(restartAfter);
    if (this.#wanted && child === this.#child) this.#spawn();
  }
}
