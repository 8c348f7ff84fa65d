// Redis as the services find it: one server, a server with a replica under three Sentinels, or a cluster of three
// primaries with a replica each. With the settings that deploy/redis and common/store ask for; each node has a loopback
// address of its own, so that it can be isolated, and is reached through a proxy, which it announces as itself.
import fs from 'node:fs';
import path from 'node:path';
import {freePort, root, run, until} from '../e2e/harness.mjs';
import {Process} from './processes.mjs';
import {Proxy} from './proxy.mjs';

const patience = 180;  // seconds for servers to agree on who they are
const replicated = ['min-replicas-to-write 1', 'repl-diskless-sync-delay 0', 'repl-ping-replica-period 1'];
const slots = 16_384;

// The lines `name:value` of INFO and the like.
const fields = (text) => Object.fromEntries(text.split(/\r?\n/).filter((line) => line.includes(':')).map((line) => {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1)];
}));

// A redis-server, or a Sentinel, with its files in a folder below `world.folder`.
class Node {
  static async create(world, name, number, settings, {sentinel = false, proxied = true} = {}) {
    const node = new Node();
    node.name = name;
    node.host = `127.0.1.${number}`;
    node.port = await freePort();
    node.busPort = await freePort();
    if (proxied) {
      node.proxy = new Proxy(node.host, await freePort(), node.port);
      await node.proxy.listen();
      world.after(() => node.proxy.close());
    }
    const folder = path.join(world.folder, name);
    fs.mkdirSync(folder);
    const config = path.join(folder, 'redis.conf');
    fs.writeFileSync(config, [
      ...(sentinel ? [] : [`include ${path.join(root, 'deploy/redis/redis.conf')}`]),
      `port ${node.port}`, `bind ${node.host}`, `bind-source-addr ${node.host}`, `dir ${folder}`, 'loglevel notice',
      'protected-mode no', ...settings(node), ''].join('\n'));
    node.process = new Process({
      name, file: path.join(root, 'deploy/redis/start'), args: [folder, config, ...(sentinel ? ['--sentinel'] : [])], log: path.join(world.folder, `${name}.log`),
      tell: world.tell,
    });
    world.after(() => node.process.kill());
    node.process.start();
    await until(() => node.ask('PING').then((answer) => answer === 'PONG', () => false), () => `${name} does not start`, patience);
    return node;
  }

  // The address that others know it by.
  get address() {
    return this.proxy?.address ?? `${this.host}:${this.port}`;
  }

  async ask(...command) {
    const {stdout} = await run('redis-cli', ['-h', this.host, '-p', this.port, ...command.map(String)], {timeout: 3000});
    return stdout.trimEnd();
  }

  async told(...command) {
    const answer = await this.ask(...command);
    if (/^(ERR|LOADING|CLUSTERDOWN|MOVED|TRYAGAIN)/.test(answer)) throw new Error(`${this.name}: ${command.join(' ')}: ${answer}`);
    return answer;
  }

  async isPrimary() {
    return (await this.ask('ROLE').catch(() => '')).startsWith('master');
  }

  // Whether it has read its data and is not writing its append-only file anew.
  async isSettled() {
    const info = fields(await this.ask('INFO', 'persistence'));
    return info.loading === '0' && info.aof_rewrite_in_progress === '0' && info.aof_rewrite_scheduled === '0';
  }
}

// A primary with its replica, whichever of `nodes` is which.
async function isReplicated(nodes) {
  const infos = await Promise.all(nodes.map(async (node) => fields(await node.ask('INFO', 'replication'))));
  const [primary, ...more] = infos.filter(({role}) => role === 'master');
  const replica = infos.find(({role}) => role === 'slave');
  return more.length === 0 && replica?.master_link_status === 'up' && replica.master_sync_in_progress === '0' &&
      /state=online/.test(primary?.slave0) && primary.min_slaves_good_slaves === '1';
}

// What all three have: `groups` of nodes that hold the same data, and `others`.
class Deployment {
  others = [];

  get nodes() {
    return this.groups.flat();
  }

  async primaryOf(group) {
    for (const node of this.groups[group]) if (await node.isPrimary()) return node;
    throw new Error(`no primary among ${this.groups[group].map(({name}) => name)}`);
  }

  async replicaOf(group) {
    const primary = await this.primaryOf(group);
    return this.groups[group].find((node) => node !== primary);
  }

  // Waits until nothing is left of earlier faults.
  async becomesWhole() {
    let reason;
    await until(
        async () => {
          try {
            for (const node of this.nodes) if (!await node.isSettled()) return false;
            return await this.agrees();
          } catch (error) {
            reason = error;
            return false;
          }
        },
        () => `Redis did not become whole within ${patience} s: ${reason?.message ?? 'its servers do not agree'}`, patience);
  }
}

export class Standalone extends Deployment {
  // Without `safe`, nothing of what Redis is told outlives it.
  static async create(world, {safe = true} = {}) {
    const redis = new Standalone();
    redis.groups = [[await Node.create(world, 'redis-1', 1, () => (safe ? [] : ['appendonly no']))]];
    return redis;
  }

  get url() {
    return `redis://${this.nodes[0].address}`;
  }

  async agrees() {
    return true;
  }
}

export class WithSentinels extends Deployment {
  static async create(world) {
    const redis = new WithSentinels();
    const [first, second] = await Promise.all([1, 2].map((number) => Node.create(world, `redis-${number}`, number, (node) => [
      ...replicated, `replica-announce-ip ${node.host}`, `replica-announce-port ${node.proxy.port}`])));
    redis.groups = [[first, second]];
    await second.told('REPLICAOF', first.proxy.host, first.proxy.port);
    await until(() => isReplicated(redis.nodes), () => 'the replica does not follow', patience);
    redis.others = await Promise.all([1, 2, 3].map(
        (number) => Node.create(world, `sentinel-${number}`, 10 + number, () => [
          `sentinel monitor main ${first.proxy.host} ${first.proxy.port} 2`, 'sentinel down-after-milliseconds main 2000',
          'sentinel failover-timeout main 10000'], {sentinel: true, proxied: false})));
    await redis.becomesWhole();
    return redis;
  }

  get url() {
    return `redis+sentinel://${this.others.map(({address}) => address)}/main?wait_replicas=1`;
  }

  async agrees() {
    if (!await isReplicated(this.nodes)) return false;
    const primary = await this.primaryOf(0);
    for (const sentinel of this.others) {
      const lines = (await sentinel.ask('SENTINEL', 'MASTER', 'main')).split('\n');
      const master = Object.fromEntries(lines.flatMap((line, i) => (i % 2 === 0 ? [[line, lines[i + 1]]] : [])));
      const agreed = master.flags === 'master' && master['num-slaves'] === '1' && master['num-other-sentinels'] === '2' &&
          `${master.ip}:${master.port}` === primary.address;
      if (!agreed) return false;
    }
    return true;
  }
}

export class Cluster extends Deployment {
  static primaries = 3;

  static async create(world) {
    const redis = new Cluster();
    const nodes = await Promise.all([1, 2, 3, 4, 5, 6].map((number) => Node.create(world, `redis-${number}`, number, (node) => [
      ...replicated, 'cluster-enabled yes', 'cluster-require-full-coverage no', 'cluster-node-timeout 2000',
      `cluster-port ${node.busPort}`, `cluster-announce-ip ${node.host}`, `cluster-announce-port ${node.proxy.port}`])));
    redis.groups = nodes.slice(0, Cluster.primaries).map((node, i) => [node, nodes[i + Cluster.primaries]]);
    for (const [i, node] of nodes.entries()) {
      node.id = await node.ask('CLUSTER', 'MYID');
      await node.told('CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
      if (i > 0) await node.told('CLUSTER', 'MEET', nodes[0].host, nodes[0].port, nodes[0].busPort);
    }
    for (const [i, [primary]] of redis.groups.entries()) {
      await primary.told('CLUSTER', 'ADDSLOTSRANGE', Math.floor(slots * i / Cluster.primaries),
          Math.floor(slots * (i + 1) / Cluster.primaries) - 1);
    }
    for (const [primary, replica] of redis.groups) {
      // It must have heard of its primary.
      await until(() => replica.told('CLUSTER', 'REPLICATE', primary.id).then(() => true, () => false),
          () => `${replica.name} does not join`, patience);
    }
    await redis.becomesWhole();
    return redis;
  }

  get url() {
    return `redis+cluster://${this.nodes.slice(0, 2).map(({address}) => address)}?wait_replicas=1`;
  }

  async agrees() {
    for (const node of this.nodes) {
      const lines = (await node.ask('CLUSTER', 'NODES')).split('\n').map((line) => line.split(' '));
      const healthy = lines.filter(([, , flags, , , , , link]) => link === 'connected' && !/fail|handshake/.test(flags));
      const state = fields(await node.ask('CLUSTER', 'INFO')).cluster_state;
      if (lines.length !== this.nodes.length || healthy.length !== lines.length || state !== 'ok') return false;
    }
    for (const group of this.groups) if (!await isReplicated(group)) return false;
    return true;
  }

  // Moves the slot of a partition of `tenant` to the group after its own, as `redis-cli --cluster reshard` does.
  async movePartition(tenant, partition) {
    const primaries = await Promise.all(this.groups.map((_, i) => this.primaryOf(i)));
    const slot = Number(await primaries[0].ask('CLUSTER', 'KEYSLOT', `{${tenant}/${partition}}`));
    const owners = await Promise.all(primaries.map((node) => this.#owns(node, slot)));
    const from = primaries[owners.indexOf(true)];
    const to = primaries[(owners.indexOf(true) + 1) % primaries.length];
    await to.told('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id);
    await from.told('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id);
    for (;;) {
      const keys = (await from.told('CLUSTER', 'GETKEYSINSLOT', slot, 10)).split('\n').filter(Boolean);
      if (keys.length === 0) break;
      await from.told('MIGRATE', to.host, to.port, '', 0, 60_000, 'KEYS', ...keys);
    }
    for (const node of [to, from]) await node.told('CLUSTER', 'SETSLOT', slot, 'NODE', to.id);
  }

  async #owns(node, slot) {
    const own = (await node.ask('CLUSTER', 'NODES')).split('\n').find((line) => line.includes('myself')).split(' ').slice(8);
    return own.some((range) => {
      const [first, last = first] = range.split('-').map(Number);
      return first <= slot && slot <= last;
    });
  }
}
