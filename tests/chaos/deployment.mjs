// The services on a store, each replica behind a proxy, as a deployment that faults are done to.
import path from 'node:path';
import {freePort, binaries, until} from '../e2e/harness.mjs';
import {Replicas} from '../e2e/numbered.mjs';
import {Process} from './processes.mjs';
import {Proxy} from './proxy.mjs';
import {Cluster, Standalone, WithSentinels} from './redis.mjs';

const patience = 180;  // seconds for a service to become ready
const ownFlags = {
  ratings: ['--min-group-size=1'],
  responseTimes: ['--rollup-dimensions=agent,team,channel,product,plan,locale'],
  churn: ['--ratings-server=none', '--response-times-server=none', '--sweep-interval=inf'],
};

// For each store: how its Redis is made, if any; how many replicas share it; into how many partitions it is cut.
export const stores = {
  rocksdb: {replicas: 1, partitions: 4},
  redis: {redis: Standalone, replicas: 2, partitions: 4},
  sentinel: {redis: WithSentinels, replicas: 2, partitions: 4},
  cluster: {redis: Cluster, replicas: 2, partitions: 64},
};

class Replica {
  static async create(world, kind, number, store, flags) {
    const replica = new Replica();
    replica.kind = kind;
    replica.name = `${kind}-${number}`;
    replica.port = await freePort();
    replica.metricsPort = await freePort();
    replica.proxy = new Proxy('127.0.0.1', await freePort(), replica.port);
    await replica.proxy.listen();
    world.after(() => replica.proxy.close());
    replica.process = new Process({
      name: replica.name,
      file: binaries[kind],
      args: [`--listen=127.0.0.1:${replica.port}`, `--metrics-listen=127.0.0.1:${replica.metricsPort}`, `--store=${store}`,
        ...flags, ...ownFlags[kind]],
      log: path.join(world.folder, `${replica.name}.log`),
      tell: world.tell,
    });
    world.after(() => replica.process.kill());
    replica.process.start();
    return replica;
  }

  // Waits until it takes signals, whether or not its store is there.
  becomesAlive() {
    return this.#says('healthz');
  }

  becomesReady() {
    return this.#says('readyz');
  }

  async #says(page) {
    const ok = () => fetch(`http://127.0.0.1:${this.metricsPort}/${page}`, {signal: AbortSignal.timeout(5000)}).then((answer) => answer.ok);
    await until(() => ok().catch(() => false), () => `${this.name}: /${page} was not in order within ${patience} s`, patience);
  }
}

export class Deployment {
  replicas = [];
  replicasOf = {};  // by kind of service
  targets = {};     // what clients call, by kind

  // `safe`: as documented; otherwise with a Redis that keeps nothing.
  static async create(world, name, kinds, {safe = true} = {}) {
    const deployment = new Deployment();
    const {redis, replicas, partitions} = stores[name];
    if (redis) deployment.redis = await redis.create(world, {safe});
    for (const kind of kinds) {
      const store = deployment.redis?.url ?? `rocksdb:${path.join(world.folder, `${kind}-store`)}`;
      const flags = [`--partitions=${partitions}`, ...(safe ? ['--require-safe-store'] : [])];
      const own = await Promise.all(Array.from({length: replicas}, (_, i) => Replica.create(world, kind, i + 1, store, flags)));
      deployment.replicasOf[kind] = own;
      deployment.replicas.push(...own);
      const named = new Replicas();
      named.addresses = own.map(({proxy}) => proxy.address);
      deployment.targets[kind] = named.target;
    }
    await deployment.becomesReady();
    return deployment;
  }

  // Waits until nothing is left of earlier faults.
  async becomesReady() {
    await this.redis?.becomesWhole();
    await Promise.all(this.replicas.map((replica) => replica.becomesReady()));
  }
}
