// Puts a mixed load on the three services as their users would, for a time: see README.md. Reads what to do from the JSON
// of its only argument; writes a line of JSON when the data are in place, one every `every` seconds, and one at the end.
import {execFile} from 'node:child_process';
import {createHash} from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {promisify} from 'node:util';
import {range as rangeOf} from '../e2e/harness.mjs';
import {Caller, Tally} from './caller.mjs';
import {day, dayOf, hashOf, lifetime, randomNumbers} from './lives.mjs';
import {ask, mistakes} from './questions.mjs';

const run = promisify(execFile);
const job = JSON.parse(process.argv[2]);
const random = randomNumbers(job.seed);
const pick = (values) => values[Math.floor(random() * values.length)];
const tally = new Tally();
const counts = {sent: 0, erased: 0, behind: 0, checkpoints: 0, trainings: 0, exports: 0, reloads: 0, visits: 0};
// Every life takes the same days, so that counters by day are of a fixed set of days.
const today = Math.floor(Date.now() / day) * day;
const birth = today - (lifetime + 1) * day;
const range = rangeOf(birth, today);
const week = rangeOf(today - 30 * day, today - 23 * day);
const deadline = {at: Infinity};
const over = () => Date.now() >= deadline.at;
// Waits, but not beyond the end of the load.
const pause = (millis) => delay(Math.max(0, Math.min(millis, deadline.at - Date.now())));

const kinds = [
  {service: 'ratings', field: 'ratings', record: 'RecordRatings', ingest: 'IngestRatings'},
  {service: 'ratings', field: 'surveys', record: 'RecordSurveys'},
  {service: 'responseTimes', field: 'events', record: 'RecordEvents', ingest: 'IngestEvents'},
  {service: 'churn', field: 'activities', record: 'RecordActivities', ingest: 'IngestActivities'},
];

function checkResults(rpc, answer) {
  for (const {status} of answer?.results ?? []) {
    if (status?.code) tally.add(`${rpc} item`, {code: status.code, details: status.message}, []);
  }
}

// The customers of a tenant: some whose lives are over and stay, and slots in which one life follows another.
class Tenant {
  constructor({name, token}, customers, slots) {
    this.name = name;
    this.caller = new Caller(job.addresses, token, tally);
    this.settled = Array.from({length: customers}, (_, i) => `${name}-settled-${i}`);
    this.slots = Array.from({length: slots}, (_, i) => ({id: i, generation: 0, age: Math.floor(random() * lifetime)}));
    this.queues = kinds.map(() => []);
    this.calls = [];
    this.underWay = new Set();
    this.about = {range, week, random, ids: (count) => Array.from({length: count}, () => this.anyCustomer())};
  }

  customerIn = (slot) => `${this.name}-${slot.id}-${slot.generation}`;

  anyCustomer() {
    return random() < 0.5 && this.settled.length > 0 ? pick(this.settled) : this.customerIn(pick(this.slots));
  }

  put(customer, age) {
    const {calls, ...events} = dayOf(customer, age, birth);
    kinds.forEach(({field}, i) => this.queues[i].push(...events[field]));
    this.calls.push(...calls);
    return kinds.reduce((sum, {field}) => sum + events[field].length, calls.length);
  }

  track(promise) {
    this.underWay.add(promise);
    promise.finally(() => this.underWay.delete(promise));
    return promise;
  }

  async send({service, field, record, ingest}, items) {
    counts.sent += items.length;
    const how = random();
    if (record === 'RecordRatings' && how < 0.3) {
      await Promise.all(items.map((rating) => this.caller.call('ratings', 'RecordRating', {rating})));
    } else if (ingest && how < 0.6) {
      const cut = Math.ceil(items.length / 3);
      const batches = [0, 1, 2].map((i) => ({[field]: items.slice(i * cut, (i + 1) * cut)})).filter((batch) => batch[field].length > 0);
      const answers = await this.caller.ingest(service, ingest, batches);
      answers?.forEach((answer) => checkResults(`${service}.${ingest}`, answer));
    } else {
      checkResults(`${service}.${record}`, await this.caller.call(service, record, {[field]: items}));
      // What is sent twice counts once.
      if (random() < 0.05) await this.caller.call(service, record, {[field]: items});
    }
  }

  // Sends what waits, up to `most` of a kind in a batch.
  flush(most = 1000) {
    this.queues.forEach((queue, i) => {
      while (queue.length > 0) this.track(this.send(kinds[i], queue.splice(0, most)));
    });
    for (const [service, method, request] of this.calls.splice(0)) {
      counts.sent++;
      this.track(this.caller.call(service, method, request));
    }
  }

  // One more day of one of its customers; answers how many events that is.
  step() {
    const slot = pick(this.slots);
    if (slot.leaving) return 0;
    if (slot.age < lifetime) return this.put(this.customerIn(slot), slot.age++);
    slot.leaving = true;
    this.flush();
    this.erase(slot);
    return 3;
  }

  async erase(slot) {
    await Promise.all(this.underWay);  // what comes later than the erasure would be somebody else's
    const customer_id = this.customerIn(slot);
    await Promise.all(['ratings', 'responseTimes', 'churn'].map((service) => this.caller.call(service, 'EraseCustomer', {customer_id})));
    counts.erased++;
    Object.assign(slot, {generation: slot.generation + 1, age: 0, leaving: false});
  }
}

async function putDataInPlace(tenants) {
  for (const tenant of tenants) {
    await tenant.caller.call('responseTimes', 'CreateBusinessCalendar', {calendar: {
      calendar_id: 'office', time_zone: 'Europe/Berlin', is_default: true, week: [1, 2, 3, 4, 5].map((each) => (
        {day: each, hours: [{opens_at: '09:00', closes_at: '17:00'}]})),
    }}, {expect: ['OK', 'ALREADY_EXISTS']});
    await tenant.caller.call('responseTimes', 'CreateSlaPolicy', {policy: {
      policy_id: 'fast', targets: [{metric: 'METRIC_FIRST_RESPONSE_TIME', clock: 'CLOCK_CALENDAR', within: {seconds: 3600}}],
    }}, {expect: ['OK', 'ALREADY_EXISTS']});
    const lives = [...tenant.settled.map((id) => [id, lifetime]), ...tenant.slots.map((slot) => [tenant.customerIn(slot), slot.age])];
    for (const [customer, ages] of lives) {
      for (let age = 0; age < ages; age++) tenant.put(customer, age);
      if (tenant.queues.some((queue) => queue.length > 2000)) tenant.flush();
      while (tenant.underWay.size > 40) await Promise.race(tenant.underWay);
    }
    tenant.flush();
    await Promise.all(tenant.underWay);
  }
}

async function write(tenants) {
  for (let owed = 0, last = Date.now(); !over(); await pause(100)) {
    owed += job.rate * (Date.now() - last) / 1000;
    last = Date.now();
    if (tenants.some(({underWay}) => underWay.size > 100)) {
      counts.behind++;
      owed = 0;
    }
    while (owed > 0) owed -= Math.max(1, pick(tenants).step());
    for (const tenant of tenants) tenant.flush(200);
  }
}

// Begins `begin` every so often, whether or not the last one is through, but never `most` at a time.
async function every(seconds, begin, most = 1) {
  const running = new Set();
  for (await pause(seconds * 1000 * random()); !over(); await pause(seconds * 1000 * (0.5 + random()))) {
    if (running.size >= most) continue;
    const one = Promise.resolve(begin()).catch((error) => tally.add(`load.${begin.name}`, {code: 2, details: `${error}`}, []));
    running.add(one);
    one.finally(() => running.delete(one));
  }
  await Promise.all(running);
}

const watches = [['ratings', 'WatchRatings'], ['responseTimes', 'WatchPromises'], ['responseTimes', 'WatchResolutions'], ['churn', 'WatchRisk']];

// Watches one after the other; half of them go on where the last one stopped.
async function watch(tenants, [service, method]) {
  const atMost = (seconds) => Math.max(0.1, Math.min(seconds, (deadline.at - Date.now()) / 1000));
  while (!over()) {
    const {caller} = pick(tenants);
    const last = await caller.stream(service, method, {}, {seconds: atMost(3 + random() * 20)});
    if (random() < 0.5 && last?.resume_token) {
      await caller.stream(service, method, {resume_token: last.resume_token}, {
        seconds: atMost(1 + random() * 5), expect: ['OK', 'OUT_OF_RANGE']});
    }
  }
}

// Somebody who connects, does one thing, well or badly, and leaves.
const visits = [
  async (c, tenant) => {
    for (let i = 0; i < 5; i++) await ask(c, tenant.about);
  },
  (c, {about}) => c.callAndCancel('churn', 'BatchScoreCustomers', {customer_ids: about.ids(200)}, random() * 30),
  (c) => c.callAndCancel('responseTimes', 'QueryResponseTimes', {range, bucket: 'BUCKET_DAY'}, random() * 10),
  (c, {about}) => c.call('churn', 'BatchScoreCustomers', {customer_ids: about.ids(200)}, {seconds: random() * 0.02, expect: ['OK', 'DEADLINE_EXCEEDED']}),
  (c) => c.call('ratings', 'QueryRatings', {range, bucket: 'BUCKET_DAY', group_by: 'DIMENSION_AGENT'}, {seconds: random() * 0.005, expect: ['OK', 'DEADLINE_EXCEEDED']}),
  async (c) => {
    for (const [service, method, request, expected] of mistakes) await c.call(service, method, request, {expect: [expected]});
  },
  (_, tenant) => visit(new Caller(job.addresses, 'nobody', tally), (c) =>
    c.call('ratings', 'QueryRatings', {range}, {expect: ['UNAUTHENTICATED']}), tenant),
  (_, tenant) => visit(new Caller(job.addresses, job.reader, tally), (c) =>
    c.call('churn', 'SweepScores', {}, {expect: ['PERMISSION_DENIED']}), tenant),
  // Leaves with a stream open and an answer outstanding.
  async (c, {about}) => {
    const stream = c.clients.ratings.WatchRatings({}, c.metadata);
    stream.on('error', () => {});
    stream.on('data', () => {});
    await c.call('ratings', 'BatchGetCustomerSatisfaction', {range, customer_ids: about.ids(3)});
    await new Promise((resolve) => {
      stream.on('end', resolve);
      stream.on('error', resolve);
      stream.cancel();
    });
  },
  // Is no client of gRPC at all.
  () => new Promise((resolve) => {
    const [host, port] = pick(Object.values(job.addresses)).split(':');
    const socket = net.connect(Number(port), host, () => socket.write('GET / HTTP/1.0\r\n\r\n'));
    socket.on('data', () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', resolve);
    setTimeout(() => socket.destroy(), 500);
  }),
];

async function visit(caller, what, tenant) {
  counts.visits++;
  await what(caller, tenant);
  await caller.close();
}

// Another token in the credentials file: with time the old one is refused and the new one is let in.
async function changeCredentials() {
  const token = `guest-${++counts.reloads}`;
  const {credentials} = JSON.parse(fs.readFileSync(job.credentials, 'utf8'));
  const guest = {name: 'guest', tenant: job.tenants[0].name, roles: ['ROLE_READ'], token_sha256: createHash('sha256').update(token).digest('hex')};
  fs.writeFileSync(`${job.credentials}.new`, JSON.stringify({credentials: [...credentials.filter(({name}) => name !== 'guest'), guest]}));
  fs.renameSync(`${job.credentials}.new`, job.credentials);
  const caller = new Caller(job.addresses, token, tally);
  await pause(1000 + random() * 3000);
  await caller.call('ratings', 'QueryRatings', {range}, {expect: ['OK', 'UNAUTHENTICATED']});
  await caller.close();
}

async function takeCheckpoints() {
  for (const metrics of Object.values(job.metrics)) {
    const answer = await fetch(`${metrics}/checkpoint`, {method: 'POST'});
    const folder = (await answer.text()).trim();
    if (!answer.ok) throw new Error(`checkpoint: ${answer.status} ${folder}`);
    fs.rmSync(folder, {recursive: true});
    counts.checkpoints++;
  }
}

async function sweep(tenants) {
  for (const {caller} of tenants) await caller.call('churn', 'SweepScores', {});
}

async function train(tenants) {
  const {caller} = tenants[counts.trainings % tenants.length];
  const request = {
    training_id: `soak-${job.seed}-${++counts.trainings}`, activate: true, options: {folds: 3, seed: counts.trainings},
    recorded_outcomes: {cut_off: {seconds: (today - 31 * day) / 1000}, horizon_days: 30},
  };
  const answer = await caller.call('churn', 'TrainModel', request);
  for (let state = answer?.training.state; /QUEUED|RUNNING/.test(state) && !over(); await pause(500)) {
    const {training} = await caller.call('churn', 'GetTraining', {training_id: request.training_id}) ?? {};
    state = training?.state;
    const tooFew = job.customers < 300 && /needed to learn from/.test(training?.error?.message);
    if (/FAILED/.test(state) && !tooFew) tally.add('churn.TrainModel', {code: 2, details: training.error?.message}, []);
  }
}

async function exportCsv(tenants) {
  const {name} = pick(tenants);
  const file = path.join(job.folder, 'export.csv');
  const token = path.join(job.folder, `${name}.token`);
  for (const [group, address] of [['ratings', job.addresses.ratings], ['conversations', job.addresses.responseTimes]]) {
    const flags = [`--server=${address}`, `--token-file=${token}`];
    let error;
    await run(job.cli, [...flags, group, 'export', `--last=${lifetime + 5}d`, `--output-file=${file}`], {timeout: 120_000})
      .catch(({stderr}) => (error = {code: /UNAVAILABLE|DEADLINE/.test(stderr) ? 14 : 2, details: stderr}));
    tally.add(`cli.${group}`, error, ['OK']);
    fs.rmSync(file, {force: true});
  }
  counts.exports++;
}

// Somebody who watches and is cut off.
function abandonWatch(tenants) {
  const {name} = pick(tenants);
  const watcher = execFile(job.cli, [`--server=${job.addresses.ratings}`, `--token-file=${path.join(job.folder, `${name}.token`)}`, 'ratings', 'watch']);
  const ended = new Promise((resolve) => watcher.on('exit', resolve));
  setTimeout(() => watcher.kill('SIGKILL'), Math.min(500 + random() * 3000, Math.max(0, deadline.at - Date.now())));
  return ended;
}

// An issue that customers of now raised is resolved, and they are told.
let issues = 0;
async function resolveIssue(tenants) {
  const {caller, slots, customerIn} = pick(tenants);
  const issue_id = `issue-${job.seed}-${issues++ % 20}`;
  const ids = slots.slice(0, 5).map((slot) => `${customerIn(slot)}-v0`);
  const call = (method, request, expect = ['OK', 'FAILED_PRECONDITION', 'NOT_FOUND']) => caller.call('responseTimes', method, request, {expect});
  await call('CreateTrackedIssue', {issue: {issue_id, title: 'Slow', created_at: range.start}});
  await call('LinkConversations', {issue_id, conversation_ids: ids});
  await call('ResolveTrackedIssue', {issue_id});
  const told = await call('ListPeopleToTell', {issue_id});
  const customer_ids = told?.people.map(({customer_id}) => customer_id) ?? [];
  if (customer_ids.length > 0) await call('MarkPeopleTold', {issue_id, customer_ids});
  await call('UnlinkConversations', {issue_id, conversation_ids: ids});
}

function report(what) {
  console.log(JSON.stringify({what, at: Date.now() / 1000, ...counts, repeated: tally.repeated, calls: tally.calls, unexpected: tally.unexpected}));
}

async function main() {
  const tenants = job.tenants.map((each) =>
    new Tenant(each, Math.ceil(job.customers / job.tenants.length), Math.ceil(job.slots / job.tenants.length)));
  await putDataInPlace(tenants);
  report('ready');
  deadline.at = Date.now() + job.seconds * 1000;
  const reporting = setInterval(() => report('sample'), job.every * 1000);
  // Short runs do everything too.
  const often = Math.min(1, job.seconds / 300);
  await Promise.all([
    write(tenants),
    every(10 / job.rate, function question() {
      const tenant = pick(tenants);
      return ask(tenant.caller, tenant.about);
    }, 16),
    ...[...watches, ...watches].map((each) => watch(tenants, each)),
    every(2 * often, function visitor() {
      const tenant = pick(tenants);
      return visit(new Caller(job.addresses, job.tenants[tenants.indexOf(tenant)].token, tally), pick(visits), tenant);
    }, 5),
    every(20 * often, changeCredentials),
    every(60 * often, function sweeping() {
      return sweep(tenants);
    }),
    every(240 * often, function training() {
      return train(tenants);
    }),
    every(45 * often, function exporting() {
      return exportCsv(tenants);
    }),
    every(20 * often, function abandoning() {
      return abandonWatch(tenants);
    }),
    every(30 * often, function resolving() {
      return resolveIssue(tenants);
    }),
    ...(job.checkpoints ? [every(60 * often, takeCheckpoints)] : []),
  ]);
  clearInterval(reporting);
  await Promise.all(tenants.flatMap(({underWay}) => [...underWay]));
  report('end');
  for (const {caller} of tenants) await caller.close();
}

await main();
