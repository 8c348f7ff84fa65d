// One run on one store: load and faults, then a comparison of what was acknowledged with what is there.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {Client, stubs} from '../e2e/harness.mjs';
import {check} from './check.mjs';
import {churn} from './churn.mjs';
import {Deployment} from './deployment.mjs';
import {Faults, plan} from './faults.mjs';
import {Ledger} from './ledger.mjs';
import {Load, persistently} from './load.mjs';
import {ratings} from './ratings.mjs';
import {responseTimes} from './response_times.mjs';

export const services = {ratings, response_times: responseTimes, churn};

const patience = 180;       // seconds for what is left to be acknowledged once all faults are over
const near = 3000;          // milliseconds around an acknowledgement in which a fault is told of
const mostTold = 20;

// What a trial makes and must take away again, and what is noticed on the way.
class World {
  findings = [];
  unexpected = {};  // how often a process ended by itself, by how
  #cleaning = [];

  constructor(show) {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rapport-chaos-'));
    this.show = show;
    this.begun = Date.now();
    this.tell = (process, how) => {
      this.unexpected[how] = (this.unexpected[how] ?? 0) + 1;
      // A service that cannot reach its store when it starts ends, to be started again; no other end is in order.
      const refusedToStart = how === 1 && !process.name.startsWith('redis') && !process.name.startsWith('sentinel');
      if (!refusedToStart) this.find('crashed', `${process.name} ended by itself with ${how}; its log says why`);
    };
  }

  after(work) {
    this.#cleaning.push(work);
  }

  find(kind, text) {
    this.findings.push({kind, at: (Date.now() - this.begun) / 1000, text});
  }

  async end() {
    for (const work of this.#cleaning.splice(0).reverse()) await work();
  }
}

// Checks every replica for itself, as each remembers on its own.
async function checkAll(deployment, ledgers) {
  for (const ledger of ledgers) {
    for (const replica of deployment.replicasOf[ledger.service.kind]) {
      const client = new Client(stubs[ledger.service.kind], `127.0.0.1:${replica.port}`);
      try {
        await check(ledger, replica.name, {
          ask: (method, request) => persistently(() => client.call(method, request)),
          collect: (method, request) => persistently(() => client.collect(method, request)),
        });
      } finally {
        client.close();
      }
    }
  }
}

const seconds = (millis) => (millis / 1000).toFixed(1);

// The findings of a service in words, with the faults around the acknowledgement that each is about.
function tell(ledger, history, world) {
  return ledger.findings.slice(0, mostTold).map(({kind, number, text}) => {
    const told = number === undefined ? undefined : ledger.lastTold(number);
    if (!told) return `${kind}: ${text}`;
    const around = history.filter(({begun, ended}) => begun < told.at + near && (ended ?? Infinity) > told.at - near);
    const faults = around.map(({kind, on, begun, ended}) => `${kind} of ${on} ${seconds(begun - world.begun)}-${seconds((ended ?? begun) - world.begun)} s`);
    return `${kind}: ${text}; event ${number}, ${told.text}; faults near: ${faults.join(', ') || 'none'}`;
  });
}

const sum = (numbers) => numbers.reduce((all, each) => all + each, 0);
function addUp(counts) {
  const all = {};
  for (const [name, n] of counts.flatMap(Object.entries)) all[name] = (all[name] ?? 0) + n;
  return all;
}

// Runs it and answers a row of the table, with `problems` in words and the `folder` of logs where there are any.
// `watch(state)` is called now and then. `signal` ends it early.
export async function trial({store, seed, seconds: length, kinds, services: names, clients, rate, safe = true, keep = false, watch, signal}) {
  const world = new World((fault) => watch({fault}));
  let ledgers = [];
  const problems = [];
  let faults;
  let progress;
  const listening = new AbortController();  // to `signal`, which trials after this one share
  try {
    const deployment = await Deployment.create(world, store, names.map((name) => services[name].kind), {safe});
    signal.throwIfAborted();
    world.begun = Date.now();
    ledgers = names.map((name) => new Ledger(services[name], seed));
    const loads = ledgers.map((ledger) => new Load({
      target: deployment.targets[ledger.service.kind], service: ledger.service, ledger, clients, rate}));
    world.after(() => loads.forEach((load) => load.stop()));
    faults = new Faults(plan({seed, store, seconds: length, kinds}), deployment, world, () => sum(ledgers.map(({messages}) => messages)));
    world.after(() => faults.stop());
    progress = setInterval(() => watch({ledgers, second: (Date.now() - world.begun) / 1000}), 500);
    const failed = Promise.race(loads.map((load) => load.done)).then(() => new Promise(() => {}));
    const aborted = new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), {signal: listening.signal}));
    const whole = (async () => {
      await Promise.all([faults.run(), delay(length * 1000, undefined, {signal})]);
      await deployment.becomesReady();
      await Promise.all(loads.map((load) => load.finish(patience)));
      await checkAll(deployment, ledgers);
    })();
    await Promise.race([whole, failed, aborted]);
  } catch (error) {
    signal.throwIfAborted();
    problems.push(`failed: ${error.message}`);
  } finally {
    clearInterval(progress);
    listening.abort();
    await world.end();
    if (signal.aborted) fs.rmSync(world.folder, {recursive: true});
  }
  problems.push(...world.findings.map(({kind, at, text}) => `${kind}: ${text} (at ${at.toFixed(1)} s)`));
  for (const ledger of ledgers) problems.push(...tell(ledger, faults?.history ?? [], world));
  const findings = ledgers.flatMap(({findings}) => findings);
  const of = (kind) => findings.filter((finding) => finding.kind === kind).length;
  const row = {
    store,
    seed,
    seconds: Math.round((Date.now() - world.begun) / 1000),
    acknowledged: Object.fromEntries(ledgers.map((ledger, i) => [names[i], ledger.acknowledged])),
    messages: sum(ledgers.map(({messages}) => messages)),
    retried: addUp(ledgers.map(({retried}) => retried)),
    faults: faults?.counts ?? {},
    lost: of('lost'),
    doubled: of('doubled'),
    wrong: findings.length - of('lost') - of('doubled') + world.findings.length + (problems.some((each) => each.startsWith('failed')) ? 1 : 0),
    longest_gap_seconds: Math.max(0, ...ledgers.map(({longestGap}) => longestGap)) / 1000,
    problems,
  };
  if (problems.length > 0 || keep) {
    row.folder = world.folder;
    const history = (faults?.history ?? []).map(({kind, on, begun, ended}) => `${seconds(begun - world.begun)} s to ${seconds((ended ?? begun) - world.begun)} s: ${kind} of ${on}`);
    const reasons = ledgers.flatMap(({service, reasons}) => Object.entries(reasons).sort(([, a], [, b]) => b - a)
        .slice(0, mostTold).map(([reason, n]) => `${n} ${service.kind} ${reason}`));
    fs.writeFileSync(path.join(world.folder, 'report.txt'), [...problems, '', 'Faults:', ...history, '',
      'Sent again because of:', ...reasons, ''].join('\n'));
  } else {
    fs.rmSync(world.folder, {recursive: true, force: true});
  }
  return row;
}
