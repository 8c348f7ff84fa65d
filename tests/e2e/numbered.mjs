// Numbered events: each service gets events 0, 1, 2 ... whose ids and figures follow from how many there were, so that
// what it says can be checked for losses and for events that count twice.
import assert from 'node:assert/strict';
import {setTimeout as delay} from 'node:timers/promises';
import grpc from '@grpc/grpc-js';
import {
  Client, activity, afterwards, code, count, event, range, rating, startChurn, startRatings, startResponseTimes, stubs, subscription,
} from './harness.mjs';

const at = (year, month, hours = 0) => Date.UTC(year, month - 1, 1) + hours * 3_600_000;
const activitiesOfCustomer = 40;

// An activity of a customer's life: conversion in May, renewals, cancellation in June. Several batches share a customer.
function lifeEvent(number, year) {
  const customer = `c-${year}-${Math.floor(number / activitiesOfCustomer)}`;
  const step = number % activitiesOfCustomer;
  if (step === 0) return activity('0', customer, 'converted', at(year, 5), {subscription: subscription(1000)});
  if (step === activitiesOfCustomer - 1) return activity(`${step}`, customer, 'cancelled', at(year, 6, 200));
  return activity(`${step}`, customer, 'renewed', at(year, 5, step));
}

async function activityIds(client) {
  const ids = [];
  for (let page_token = ''; ;) {
    const {customers, next_page_token} = await client.call('SearchCustomers', {page: {page_size: 1000, page_token}});
    for (const {customer: {customer_id}} of customers) {
      const {timeline} = await client.call('GetCustomer', {customer_id});
      ids.push(...timeline.map(({activity_id}) => `${customer_id}/${activity_id}`));
    }
    if (!next_page_token) return ids;
    page_token = next_page_token;
  }
}

async function exportedIds(client, method, field, idOf) {
  const chunks = await client.collect(method, {range: range(at(2023, 1), at(2026, 1))});
  return chunks.flatMap((chunk) => chunk[field].map(idOf));
}

// For each service: how to start it, its calls, event `number` of `year` and its id, the ids of all that is stored, and
// the figures of a year beside those that `total` events make.
export const services = {
  ratings: {
    start: startRatings,
    record: 'RecordRatings',
    ingest: 'IngestRatings',
    field: 'ratings',
    make: (number, year) => rating(`${year}-${number}`, {
      customer_id: `c-${number % 97}`,
      emoticon: number % 4 === 0 ? 'EMOTICON_UNHAPPY' : 'EMOTICON_HAPPY',
      occurred_at: {seconds: at(year, 3) / 1000 + number},
    }),
    idOf: ({rating_id}) => rating_id,
    stored: (client) => exportedIds(client, 'ExportRatings', 'ratings', services.ratings.idOf),
    figures: async (client, year) => {
      const {totals} = await client.call('QueryRatings', {range: range(at(year, 3), at(year, 5))});
      const [scale] = totals[0]?.scales ?? [];
      const happy = scale?.distribution.find(({score}) => score === 'HAPPY');
      return {ratings: count(scale?.rating_count), happy: count(happy?.count)};
    },
    expected: (total) => ({ratings: total, happy: total - Math.ceil(total / 4)}),
  },
  responseTimes: {
    start: startResponseTimes,
    record: 'RecordEvents',
    ingest: 'IngestEvents',
    field: 'events',
    // A question and its answer in turns.
    make: (number, year) => {
      const conversation = Math.floor(number / 2);
      const asked = at(year, 3) + conversation * 1000;
      return event(number % 2 === 0 ? 'asked' : 'answered', `v-${year}-${conversation}`, number % 2 === 0 ? 'customer' : 'agent',
          number % 2 === 0 ? asked : asked + 60_000 * (1 + conversation % 60), {customer_id: `c-${conversation % 97}`});
    },
    idOf: ({conversation_id, event_id}) => `${conversation_id}/${event_id}`,
    stored: (client) => exportedIds(client, 'ExportEvents', 'events', services.responseTimes.idOf),
    figures: async (client, year) => {
      const {totals} = await client.call('QueryResponseTimes', {range: range(at(year, 3), at(year, 5))});
      const times = totals[0]?.times[0];
      return {answered: count(times?.answered_count), open: count(times?.open_count)};
    },
    expected: (total) => ({answered: Math.floor(total / 2), open: total % 2}),
  },
  churn: {
    start: startChurn,
    record: 'RecordActivities',
    ingest: 'IngestActivities',
    field: 'activities',
    make: lifeEvent,
    idOf: ({customer_id, activity_id}) => `${customer_id}/${activity_id}`,
    stored: activityIds,
    figures: async (client, year) => {
      const {totals: [total]} = await client.call('QueryChurn', {range: range(at(year, 6), at(year, 7))});
      return {active: count(total.active_at_start), lost: count(total.lost)};
    },
    expected: (total) => ({active: Math.ceil(total / activitiesOfCustomer), lost: Math.floor(total / activitiesOfCustomer)}),
  },
};

// Clients spread calls over the replicas and repeat by themselves what one of them could not answer, when it advises.
const serviceConfig = JSON.stringify({
  loadBalancingConfig: [{round_robin: {}}],
  methodConfig: [{
    name: [{}],
    retryPolicy: {
      maxAttempts: 5, initialBackoff: '0.05s', maxBackoff: '1s', backoffMultiplier: 2,
      retryableStatusCodes: ['RESOURCE_EXHAUSTED', 'UNAVAILABLE'],
    },
  }],
});

// Names replicas as a headless Service does: who loses a connection asks anew who they are.
export class Replicas {
  static all = [];
  addresses = [];

  constructor() {
    this.target = `replicas:///${Replicas.all.push(this) - 1}`;
  }

  client(t, kind) {
    const client = new Client(stubs[kind], this.target, undefined, {'grpc.service_config': serviceConfig});
    afterwards(t, () => client.close());
    return client;
  }
}

grpc.experimental.registerResolver('replicas', class {
  constructor(target, listener) {
    this.replicas = Replicas.all[Number(target.path)];
    this.listener = listener;
  }
  // Answers after a moment, as a name server does: a channel that loses its connections asks without a pause.
  updateResolution() {
    this.answering ??= setTimeout(() => {
      this.answering = undefined;
      const endpoints = this.replicas.addresses.map((address) => {
        const [host, port] = address.split(':');
        return {addresses: [{host, port: Number(port)}]};
      });
      this.listener({ok: true, value: endpoints}, {}, null, '');
    }, 10);
  }
  destroy() {
    clearTimeout(this.answering);
    this.answering = undefined;
  }
  static getDefaultAuthority(target) {
    return target.path;
  }
});

// Whether it is unknown what became of a call, so that it is to be repeated: the replica refused it or its connection
// ended. What arrives with the end of a connection is CANCELLED by gRPC's servers; grpc-js tells of broken ones as
// INTERNAL.
export function isUnanswered(error) {
  const broken = error.code === code.INTERNAL && /Session closed|RST_STREAM/.test(error.details);
  return error.code === code.UNAVAILABLE || error.code === code.CANCELLED || broken;
}

const batchSize = 10;
const giveUpAfter = 60_000;

// Sends the events of a year, in batches, from several unary callers and streams until it is told to finish. Every batch
// is repeated until it is acknowledged, as producers are to do; a call that is refused for good fails the load.
export class Load {
  sent = 0;           // events 0 .. sent - 1 have been made
  acknowledged = [];  // their ids
  outcomes = {};      // how often each
  repeated = {};      // how many calls and streams, by the code they failed with
  #finishing = false;
  #waiting = [];

  constructor(client, kind, year, {callers = 4, streams = 2} = {}) {
    this.client = client;
    this.service = services[kind];
    this.year = year;
    this.workers = Promise.all([
      ...Array.from({length: callers}, () => this.#call()),
      ...Array.from({length: streams}, () => this.#stream()),
    ]);
    this.workers.catch(() => {});  // reported by whoever waits
  }

  // Waits until `batches` more are acknowledged.
  advances(batches) {
    const events = this.acknowledged.length + batches * batchSize;
    return Promise.race([this.workers, new Promise((resolve) => this.#waiting.push({events, resolve}))]);
  }

  // Lets every batch be acknowledged; answers how many events there were.
  async finish() {
    this.#finishing = true;
    await this.workers;
    assert.equal(this.acknowledged.length, this.sent);
    return this.sent;
  }

  // Repeats what no replica answered.
  async persistently(work) {
    for (const end = Date.now() + giveUpAfter;;) {
      try {
        return await work();
      } catch (error) {
        if (!isUnanswered(error) || Date.now() > end) throw error;
        this.repeated[code[error.code]] = (this.repeated[code[error.code]] ?? 0) + 1;
        await delay(20);
      }
    }
  }

  #nextBatch() {
    const first = this.sent;
    this.sent += batchSize;
    return Array.from({length: batchSize}, (_, i) => this.service.make(first + i, this.year));
  }

  #acknowledge(batch, results) {
    assert.equal(results.length, batch.length);
    for (const {status, outcome} of results) {
      assert.ok(!status?.code, JSON.stringify(status));
      this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
    }
    this.acknowledged.push(...batch.map(this.service.idOf));
    this.#waiting = this.#waiting.filter(({events, resolve}) => events > this.acknowledged.length || resolve());
  }

  async #call() {
    while (!this.#finishing) {
      const batch = this.#nextBatch();
      const {results} = await this.persistently(() => this.client.call(this.service.record, {[this.service.field]: batch}));
      this.#acknowledge(batch, results);
    }
  }

  async #stream() {
    const pending = new Map();  // batches by sequence
    while (!this.#finishing || pending.size > 0) await this.persistently(() => this.#streamOnce(pending));
  }

  // One stream, which sends first what an earlier one left without answer. Ends when the server ends it.
  #streamOnce(pending) {
    return new Promise((resolve, reject) => {
      const stream = this.client.ingest(this.service.ingest);
      const send = (sequence) => stream.write({sequence, [this.service.field]: pending.get(sequence)});
      const goOn = () => {
        if (this.#finishing) return pending.size > 0 || stream.end();
        while (pending.size < 3) {
          const batch = this.#nextBatch();
          pending.set(this.sent, batch);
          send(this.sent);
        }
      };
      stream.on('data', ({sequence, results}) => {
        try {
          this.#acknowledge(pending.get(sequence), results);
          pending.delete(sequence);
          goOn();
        } catch (error) {
          stream.cancel();
          reject(error);
        }
      });
      stream.on('error', reject);
      stream.on('end', resolve);
      for (const sequence of pending.keys()) send(sequence);
      goOn();
    });
  }
}
