// What can go wrong, and when it will: a schedule that follows from the seed alone.
import {setTimeout as delay} from 'node:timers/promises';
import {run, until} from '../e2e/harness.mjs';
import {chance, shuffled} from './random.mjs';

const tenant = 'default';
const shortest = 0.2;  // seconds, of a fault that lasts
const between = 50;    // messages that are acknowledged between two faults of Redis
const patience = 180;  // seconds for them

// Waits for as long as the fault lasts.
const lasting = ({seconds}) => delay(seconds * 1000);

async function away(process, fault) {
  await process.kill();
  await lasting(fault);
  process.start();
}

async function frozen(process, fault) {
  process.freeze();
  await lasting(fault);
  process.thaw();
}

async function muted(proxy, fault) {
  proxy.mute();
  await lasting(fault);
  proxy.speak();
}

async function held(proxy, fault) {
  proxy.hold();
  await lasting(fault);
  proxy.release();
}

// Drops what one side sends to the other, and back.
async function dropped(one, other, fault) {
  const ways = [['--source', one, '--destination', other], ['--source', other, '--destination', one]];
  for (const way of ways) await run('iptables', ['--wait', '--append', 'INPUT', ...way, '--jump', 'DROP']);
  await lasting(fault);
  for (const way of ways) await run('iptables', ['--wait', '--delete', 'INPUT', ...way, '--jump', 'DROP']);
}

async function drained(replica, fault, world) {
  const {process} = replica;
  await replica.becomesAlive();
  const exit = await process.drain();
  if (exit !== 0) world.find('crashed', `${process.name} ended with ${exit} after SIGTERM, not in good order; its log says why`);
  await lasting(fault);
  process.start();
}

const redisOf = ({redis}) => redis.nodes.map(({process}) => process).concat(redis.others.map(({process}) => process));

async function everythingAway(deployment, fault) {
  const processes = [...deployment.replicas.map(({process}) => process), ...(deployment.redis ? redisOf(deployment) : [])];
  await Promise.all(processes.map((process) => process.kill()));
  await lasting(fault);
  for (const process of processes) process.start();
}

const anyRedis = ['redis', 'sentinel', 'cluster'];
const withReplicas = ['sentinel', 'cluster'];

// For each fault: what it does to one `of` these, in words and in deed; on which stores; for how long at most. Faults of
// one `lane` come one after the other.
const service = {lane: 'services', on: ['rocksdb', ...anyRedis]};
const redis = {lane: 'store', on: anyRedis};
export const faults = {
  'kill-service': {...service, text: 'kill -9 of a service; it is started again', most: 2,
    run: (replica, fault) => away(replica.process, fault)},
  'stop-service': {...service, text: 'a service is stopped (SIGSTOP) and goes on later', most: 4,
    run: (replica, fault) => frozen(replica.process, fault)},
  'drain-service': {...service, text: 'SIGTERM to a service, which must end in good order; it is started again', most: 1, run: drained},
  'cut-client': {...service, text: 'connections of the clients to a service are reset', most: 0,
    run: async (replica) => replica.proxy.cut()},
  'mute-client': {...service, text: 'clients lose the answers of a service: calls are carried out, connections reset', most: 1,
    run: (replica, fault) => muted(replica.proxy, fault)},
  'stall-client': {...service, text: 'nothing passes between clients and a service', most: 4,
    run: (replica, fault) => held(replica.proxy, fault)},

  'kill-redis': {...redis, text: 'kill -9 of a Redis primary; it is started again, when a replica has its place or before', most: 6,
    run: (primary, fault) => away(primary.process, fault)},
  'stop-redis': {...redis, text: 'a Redis primary is stopped (SIGSTOP) and goes on later', most: 6,
    run: (primary, fault) => frozen(primary.process, fault)},
  'cut-redis': {...redis, text: 'all connections to a Redis primary are reset', most: 0, run: async (primary) => primary.proxy.cut()},
  'mute-redis': {...redis, text: 'answers of a Redis primary are lost: commits are carried out, connections reset', most: 1,
    run: (primary, fault) => muted(primary.proxy, fault)},
  'stall-redis': {...redis, text: 'nothing passes to or from a Redis primary but between the servers of a cluster', most: 6,
    run: (primary, fault) => held(primary.proxy, fault)},
  'isolate-redis': {...redis, text: 'packets from and to a Redis primary are dropped (iptables)', most: 6, drops: true,
    run: (primary, fault) => dropped(primary.host, '127.0.0.0/8', fault)},
  'split-redis': {...redis, on: withReplicas, text: 'packets between a Redis primary and the other servers of Redis are dropped, those of the services are not (iptables)',
    most: 6, drops: true, run: (primary, fault) => dropped(primary.host, '127.0.1.0/24', fault)},
  'kill-replica': {...redis, on: withReplicas, text: 'kill -9 of a Redis replica; it is started again', most: 4, replica: true,
    run: (replica, fault) => away(replica.process, fault)},
  'kill-sentinel': {...redis, on: ['sentinel'], text: 'kill -9 of a Sentinel; it is started again', most: 4, sentinel: true,
    run: (sentinel, fault) => away(sentinel.process, fault)},
  'move-slots': {...redis, on: ['cluster'], text: 'the slot of a partition moves to another primary', most: 0, whole: true,
    run: ({redis}, {target}) => redis.movePartition(tenant, Math.floor(target * 64))},

  'kill-all': {...redis, on: ['rocksdb', ...anyRedis], text: 'kill -9 of every service and of every Redis at once; all are started again',
    most: 1, whole: true, alone: true, run: everythingAway},
};

export const kindsOn = (store, wanted, mayDrop) => Object.keys(faults).filter((kind) => {
  const {on, drops} = faults[kind];
  return on.includes(store) && (mayDrop || !drops) && wanted.some((each) => each === 'all' || kind === each || kind.split('-').includes(each));
});

const number = (text) => [...text].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0) | 0, 7);

// The faults of a run: [{at, seconds, kind, lane, target}], by time. Each lane deals its kinds like cards, so that all come
// before any comes again. `target`, in [0, 1), chooses what it is done to.
export function plan({seed, store, seconds, kinds}) {
  const schedule = [];
  const laneOf = (kind) => (store === 'rocksdb' ? 'services' : faults[kind].lane);
  for (const lane of new Set(kinds.map(laneOf))) {
    const place = [number(store), number(lane)];
    const cards = kinds.filter((kind) => laneOf(kind) === lane);
    let deck = [];
    for (let i = 0, at = 0.5 + chance(seed, ...place, 1); at < seconds; ++i) {
      if (deck.length === 0) deck = shuffled(cards, seed, ...place, 2, i);
      const kind = deck.pop();
      const {most} = faults[kind];
      const lasts = Math.round((Math.min(most, shortest) + Math.max(0, most - shortest) * chance(seed, ...place, 3, i)) * 10) / 10;
      schedule.push({at: Math.round(at * 10) / 10, seconds: lasts, kind, lane, target: chance(seed, ...place, 4, i)});
      at += lasts + 0.3 + chance(seed, ...place, 5, i) * 2.5;
    }
  }
  return schedule.sort((a, b) => a.at - b.at);
}

// Carries out a schedule against a deployment; `history` tells what was done when.
export class Faults {
  history = [];
  counts = {};
  #stopped = false;
  #serving = Promise.resolve();  // the fault of a service that is under way

  // `messages` answers how many messages were acknowledged so far.
  constructor(schedule, deployment, world, messages) {
    Object.assign(this, {schedule, deployment, world, messages});
  }

  // Resolves when the last fault is over.
  async run() {
    const begun = Date.now();
    await Promise.all([...new Set(this.schedule.map(({lane}) => lane))].map(async (lane) => {
      for (const fault of this.schedule.filter((each) => each.lane === lane)) {
        await delay(Math.max(0, begun + fault.at * 1000 - Date.now()));
        if (this.#stopped) return;
        await this.#do(fault);
      }
    }));
  }

  stop() {
    this.#stopped = true;
  }

  async #do(fault) {
    if (fault.lane === 'store') await this.#recovers();
    if (this.#stopped) return;
    if (fault.lane === 'store' && !faults[fault.kind].alone) return this.#carryOut(fault);
    this.#serving = this.#serving.then(() => this.#carryOut(fault));
    await this.#serving;
  }

  // What Redis promises, it promises for one fault at a time; and each is to find something that can be lost.
  async #recovers() {
    await this.deployment.redis.becomesWhole();
    const enough = this.messages() + between;
    await until(() => this.#stopped || this.messages() >= enough,
        () => `hardly anything was acknowledged for ${patience} s, though all of Redis was there`, patience);
  }

  async #carryOut(fault) {
    const target = await this.#targetOf(fault);
    const entry = {...fault, on: target.name ?? 'all', begun: Date.now()};
    this.history.push(entry);
    this.world.show(entry);
    await faults[fault.kind].run(target, fault, this.world);
    entry.ended = Date.now();
    this.counts[fault.kind] = (this.counts[fault.kind] ?? 0) + 1;
  }

  async #targetOf({kind, target}) {
    const {lane, whole, replica, sentinel} = faults[kind];
    const {replicas, redis} = this.deployment;
    if (whole) return this.deployment;
    if (lane === 'services') return replicas[Math.floor(target * replicas.length)];
    if (sentinel) return redis.others[Math.floor(target * redis.others.length)];
    const group = Math.floor(target * redis.groups.length);
    return replica ? redis.replicaOf(group) : redis.primaryOf(group);
  }
}
