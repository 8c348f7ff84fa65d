// Clients that send numbered events to one service, by unary calls, batches and streams, each message again until it is
// acknowledged.
import {setTimeout as delay} from 'node:timers/promises';
import {Client, code, stubs} from '../e2e/harness.mjs';
import {isUnanswered} from '../e2e/numbered.mjs';
import {blockSize} from './ledger.mjs';

const callDeadline = 5000;      // milliseconds
const streamPatience = 6000;    // without an acknowledgement
const batchesInStream = 3;
const mostInBatch = 20;
const longestPause = 1000;      // between attempts
const laterAfter = 1500;        // at most, for what follows an acknowledged message

// As deploy/README.md tells clients to call, but for the retries: what is repeated is counted here.
const channelOptions = {
  'grpc.service_config': JSON.stringify({loadBalancingConfig: [{round_robin: {}}]}),
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 1000,
  'grpc.use_local_subchannel_pool': 1,
};

const isRetryable = (error) => isUnanswered(error) || error.code === code.RESOURCE_EXHAUSTED || error.code === code.DEADLINE_EXCEEDED;

// Asks until the answer comes, for what changes nothing.
export async function persistently(work, seconds = 60) {
  for (const end = Date.now() + seconds * 1000; ; await delay(100)) {
    try {
      return await work();
    } catch (error) {
      if (!isRetryable(error) || Date.now() > end) throw error;
    }
  }
}

export class Load {
  #finishing = false;

  // `target` names the replicas; at most `rate` new events a second from so many `clients`.
  constructor({target, service, ledger, clients, rate}) {
    Object.assign(this, {service, ledger, rate});
    this.begun = Date.now();
    const ways = service.unary ? [UnaryProducer, BatchProducer, StreamProducer] : [BatchProducer, StreamProducer];
    this.producers = Array.from({length: clients}, (_, i) => new ways[i % ways.length](this, target, i));
    this.done = Promise.all(this.producers.map((producer) => producer.work())).finally(() => {
      for (const {client} of this.producers) client.close();
    });
    this.done.catch(() => {});  // reported by whoever waits
  }

  get isOver() {
    return this.#finishing && this.ledger.open === 0 && this.#allowed() <= 0;
  }

  // How many new events may be begun now. In the end, those that make the last block whole.
  #allowed() {
    const {made} = this.ledger;
    if (this.#finishing) return (blockSize - made % blockSize) % blockSize;
    return (Date.now() - this.begun) / 1000 * this.rate - made;
  }

  nextNew(most) {
    const some = [];
    while (some.length < most && this.#allowed() >= 1) some.push(this.ledger.begin());
    return some;
  }

  // Waits until everything is acknowledged. Throws when nothing was for so long.
  async finish(seconds) {
    this.#finishing = true;
    let messages = -1;
    for (let since = Date.now(); ; ) {
      if (await Promise.race([this.done.then(() => true), delay(200, false)])) return;
      if (this.ledger.messages !== messages) [messages, since] = [this.ledger.messages, Date.now()];
      if (Date.now() - since < seconds * 1000) continue;
      this.stop();
      const errors = [...new Set(this.producers.map(({lastError}) => lastError).filter(Boolean))];
      throw new Error(`${this.ledger.open} stories of ${this.service.kind} did not end in ${seconds} s without a fault: ${errors.join('; ')}`);
    }
  }

  stop() {
    for (const producer of this.producers) producer.stop();
  }
}

class Producer {
  queue = [];    // messages to be sent now
  later = [];    // {at, sending}
  failures = 0;  // in a row
  stopped = false;

  constructor(load, target, number) {
    this.load = load;
    this.name = `client ${number + 1} (${this.constructor.way})`;
    this.client = new Client(stubs[load.service.kind], target, undefined, channelOptions);
  }

  stop() {
    this.stopped = true;
  }

  get isOver() {
    return this.stopped || this.load.isOver;
  }

  // What to send now: what failed or is due first, then new events.
  take() {
    const now = Date.now();
    while (this.later.length > 0 && this.later[0].at <= now) this.queue.push(this.later.shift().sending);
    const size = 1 + Math.floor(Math.random() * mostInBatch);
    const some = this.queue.splice(0, size);
    return some.concat(this.load.nextNew(size - some.length));
  }

  // What became of a message: results, one for each copy that was sent, of which {code} stands for a failure.
  settle(sending, results) {
    const {ledger} = this.load;
    const accepted = results.filter((result) => !result.code);
    const refused = results.find((result) => result.code && !isRetryable(result));
    if (refused) return ledger.refuse(sending, `${code[refused.code]}: ${refused.details}`);
    if (accepted.length === 0) {
      ledger.retry(code[results[0].code], results[0].details);
      this.lastError = `${code[results[0].code]}: ${results[0].details}`;
      return this.queue.push(sending);
    }
    const next = ledger.acknowledge(sending, accepted.map(({outcome}) => outcome), this.name);
    if (next) this.postpone(next);
  }

  postpone(sending) {
    this.later.push({at: Date.now() + Math.random() * laterAfter, sending});
    this.later.sort((a, b) => a.at - b.at);
  }

  async pause(failed) {
    this.failures = failed ? this.failures + 1 : 0;
    if (failed) await delay(Math.random() * Math.min(longestPause, 20 * 2 ** this.failures));
  }
}

// The messages of a batch, each as often as it has copies, and back.
const withCopies = (sendings) => sendings.flatMap((sending) => Array(sending.copies).fill(sending.message));
function* resultsOf(sendings, results) {
  let position = 0;
  for (const sending of sendings) {
    yield [sending, results.slice(position, position + sending.copies)];
    position += sending.copies;
  }
}
const flat = ({status, outcome}) => (status?.code ? {code: status.code, details: status.message} : {outcome});

class CallingProducer extends Producer {
  async work() {
    while (!this.isOver) {
      const erasure = this.load.ledger.erasures.pop();
      if (erasure) await this.eraseCustomer(erasure);
      const sendings = this.take();
      if (sendings.length === 0) {
        await delay(10);
        continue;
      }
      const results = await this.send(withCopies(sendings));
      for (const [sending, its] of resultsOf(sendings, results)) this.settle(sending, its);
      await this.pause(results.every((result) => result.code));
    }
  }

  async eraseCustomer(erasure) {
    for (;;) {
      try {
        await this.call('EraseCustomer', {customer_id: erasure.customer});
        break;
      } catch (error) {
        if (!isRetryable(error)) throw error;
        if (this.stopped) return;
        this.lastError = error.message;
        await this.pause(true);
      }
    }
    const next = this.load.ledger.erase(erasure);
    if (next instanceof Object) this.queue.push(next);
  }

  call(method, request) {
    return new Promise((resolve, reject) => {
      this.client.stub[method](request, this.client.metadata, {deadline: Date.now() + callDeadline},
          (error, response) => (error ? reject(error) : resolve(response)));
    });
  }
}

class UnaryProducer extends CallingProducer {
  static way = 'unary';

  send(messages) {
    const [method, field] = this.load.service.unary;
    return Promise.all(messages.map((message) => this.call(method, {[field]: message}).catch((error) => error)));
  }
}

class BatchProducer extends CallingProducer {
  static way = 'batch';

  async send(messages) {
    const [method, field] = this.load.service.batch;
    try {
      const {results} = await this.call(method, {[field]: messages});
      return results.map(flat);
    } catch (error) {
      return messages.map(() => error);
    }
  }
}

class StreamProducer extends Producer {
  static way = 'stream';
  #pending = new Map();  // batches without acknowledgement, by sequence
  #sequence = 0;

  async work() {
    while (!this.isOver) {
      try {
        await this.#once();
        await this.pause(false);
      } catch (error) {
        if (!isRetryable(error)) throw error;
        this.lastError = error.message;
        const messages = [...this.#pending.values()].flat().length;
        for (let i = 0; i < messages; ++i) this.load.ledger.retry(code[error.code], `${error.details} (stream)`);
        await this.pause(true);
      }
    }
  }

  // One stream, which sends first what an earlier one left without answer, until it ends.
  #once() {
    return new Promise((resolve, reject) => {
      const {service} = this.load;
      const stream = this.client.stub[service.stream](this.client.metadata);
      let progress = Date.now();
      const write = (sequence) => stream.write({sequence, [service.batch[1]]: withCopies(this.#pending.get(sequence))});
      const goOn = () => {
        if (this.isOver) {
          clearInterval(timer);
          return this.stopped ? stream.cancel() : stream.end();
        }
        while (this.#pending.size < batchesInStream) {
          const batch = this.take();
          if (batch.length === 0) break;
          if (this.#pending.size === 0) progress = Date.now();
          this.#pending.set(++this.#sequence, batch);
          write(this.#sequence);
        }
        if (this.#pending.size > 0 && Date.now() - progress > streamPatience) stream.cancel();
      };
      const timer = setInterval(goOn, 10);
      const end = (settle, value) => {
        clearInterval(timer);
        settle(value);
      };
      stream.on('data', ({sequence, results}) => {
        progress = Date.now();
        const batch = this.#pending.get(Number(sequence));
        this.#pending.delete(Number(sequence));
        this.failures = 0;
        for (const [sending, its] of resultsOf(batch, results.map(flat))) this.settle(sending, its);
      });
      stream.on('error', (error) => end(reject, error));
      stream.on('end', () => end(resolve));
      for (const sequence of this.#pending.keys()) write(sequence);
      goOn();
    });
  }
}
