// What must not get out: comments, customers, tokens. By answers to those who may not see them, by logs, metrics and
// probes, or after an erasure.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {everythingOf, fill, perform, requests, rpcsOf} from './requests.mjs';
import {activity, code, event, holder, range, rating, startAll, startRatings, startRedis, temporaryFolder, time,
  until, writeCredentials} from './support.mjs';
import {rolesOf} from './table.mjs';

const kinds = Object.keys(rolesOf);
const march = range('2024-03-01T00:00:00Z', '2024-04-01T00:00:00Z');
const all = ['ingest', 'read', 'admin'];

test('comments are read by those whom their policy names, in every call', async (t) => {
  const staff = [
    holder('sender', ['ingest']), holder('analyst', ['read']), {...holder('lead', ['read']), lead_of_teams: ['heroes']},
    holder('ann', ['agent']), {...holder('bob', ['agent']), agent_id: 'bob'}, holder('boss', ['admin', 'read']),
  ];
  const server = await startRatings(t, {flags: [`--credentials=${writeCredentials(t, staff)}`]});
  const client = Object.fromEntries(staff.map(({name}) => [name, server.client(name)]));
  const policies = ['AGENT_ONLY', 'AGENT_AND_LEAD', 'ALL', 'UNSPECIFIED'];
  const readers = {ann: policies, lead: ['AGENT_AND_LEAD', 'ALL'], analyst: ['ALL'], boss: ['ALL']};
  const commented = (policy) => rating(policy, {
    agent_id: 'ann', labels: {team: 'heroes'}, comment: `comment of ${policy}`, comment_visibility: `COMMENT_VISIBILITY_${policy}`,
  });

  const watched = {};
  for (const name of Object.keys(readers)) {
    watched[name] = [];
    const call = client[name].stream('WatchRatings', {});
    call.on('data', ({rating: seen}) => seen && watched[name].push(seen));
    call.on('error', () => {});
  }
  // What was said before is not watched: a first rating, again and again, tells that the watches are open.
  let revision = 0;
  await until(async () => {
    await client.sender.record([rating('first', {agent_id: 'ann', revision: ++revision})]);
    return Object.values(watched).every((seen) => seen.length > 0);
  }, () => 'the watches do not open');
  await client.sender.record(policies.map(commented));
  const ofPolicies = (ratings) => ratings.filter((each) => policies.includes(each.rating_id));
  await until(() => Object.values(watched).every((seen) => ofPolicies(seen).length >= policies.length), () => 'a watch misses ratings');

  for (const [name, readable] of Object.entries(readers)) {
    const got = await Promise.all(policies.map((id) => client[name].call('GetRating', {rating_id: id})));
    const seen = {
      watch: ofPolicies(watched[name]),
      list: ofPolicies((await client[name].call('ListRatings', {range: march})).ratings),
      get: got.map((each) => each.rating),
      history: got.flatMap((each) => each.history),
      ...name !== 'ann' && {export: ofPolicies((await client[name].collect('ExportRatings', {range: march})).flatMap((chunk) => chunk.ratings))},
    };
    for (const [call, ratings] of Object.entries(seen)) {
      assert.equal(new Set(ratings.map((each) => each.rating_id)).size, policies.length, `${name}, ${call}`);
      for (const each of ratings) {
        const may = readable.includes(each.rating_id);
        assert.equal(each.comment ?? '', may ? `comment of ${each.rating_id}` : '', `${name}, ${call}, ${each.rating_id}`);
        assert.equal(each.comment_withheld ?? false, !may, `${name}, ${call}, ${each.rating_id}`);
      }
    }
  }
});

// Requests that are wrong in each text that they have: too long, and not what it should be.
const spoiled = (value, text) => {
  if (typeof value === 'string') return /^[A-Z0-9]+_/.test(value) ? value : text;
  if (Array.isArray(value)) return value.map((each) => spoiled(each, text));
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, spoiled(each, text)]));
};

// Every RPC, as it should be, spoiled in two ways, and with a token that nobody has.
async function useEverything(clients, servers, id, patience) {
  const answers = [];
  for (const kind of kinds) {
    const unknown = servers[kind].client('canary-unknown-token');
    unknown.metadata.set('traceparent', '00-canary');
    for (const rpc of rpcsOf(kind)) {
      const request = requests('canary', id)[kind][rpc];
      const wait = rpc.startsWith('Watch') ? 300 : patience;
      answers.push(...await Promise.all([
        perform(clients[kind], kind, rpc, request, wait),
        perform(clients[kind], kind, rpc, spoiled(request, 'canary'.repeat(1000)), wait),
        perform(clients[kind], kind, rpc, spoiled(request, 'canary \u0000 AND ('), wait),
        perform(unknown, kind, rpc, request, patience),
      ]));
    }
  }
  return answers;
}

test('logs, metrics, probes and error texts tell nothing personal, in good days and bad', async (t) => {
  const token = 'canary-token';
  const owner = {...holder('owner', all), token_sha256: createHash('sha256').update(token).digest('hex')};
  const redisFolder = temporaryFolder(t);
  const redis = await startRedis(t, redisFolder);
  const folder = temporaryFolder(t);
  const stores = {ratings: redis, responseTimes: `rocksdb:${folder}/response-times`, churn: `rocksdb:${folder}/churn`};
  const {servers, as} = await startAll(t, [owner], {stores, flags: ['--log-level=debug']});
  const clients = as(token);
  await fill(clients, 'canary');
  const answers = await useEverything(clients, servers, 'canary-1', 20_000);
  const pages = [];
  for (const server of Object.values(servers)) {
    for (const page of ['metrics', 'readyz', 'healthz']) pages.push(await (await fetch(`${server.metrics}/${page}`)).text());
  }

  // The store of ratings goes away, then ratings itself.
  execFileSync('redis-cli', ['-u', redis, 'shutdown', 'nosave']);
  answers.push(...await useEverything({ratings: clients.ratings, responseTimes: clients.responseTimes, churn: clients.churn}, servers,
                                      'canary-2', 1_000));
  pages.push(await (await fetch(`${servers.ratings.metrics}/readyz`)).text());
  for (const [kind, server] of Object.entries(servers)) {
    await server.stop();
    for (const line of server.output.split('\n')) assert.ok(!line.includes('canary'), `log of ${kind}: ${line}`);
    assert.match(server.output, /"severity":"DEBUG"/);
  }
  for (const page of pages) assert.ok(!page.includes('canary'), page);
  for (const store of ['response-times', 'churn']) {
    for (const file of fs.readdirSync(path.join(folder, store)).filter((name) => name.startsWith('LOG'))) {
      assert.ok(!fs.readFileSync(path.join(folder, store, file)).includes('canary'), `${store}/${file}`);
    }
  }
  const failed = answers.filter((answer) => answer.code !== code.OK);
  assert.ok(failed.length > 200, `${failed.length} calls failed as they should`);
  for (const {details} of failed) {
    assert.ok(Buffer.byteLength(details) <= 1024, details);
    assert.ok(!details.includes(token) && !details.includes('canary-unknown-token'), details);
  }
});

test('an erased customer is in no answer, and what they said in no byte of the store', async (t) => {
  const urls = {};
  const folders = {};
  for (const kind of kinds) {
    folders[kind] = temporaryFolder(t);
    urls[kind] = await startRedis(t, folders[kind]);
  }
  const {as} = await startAll(t, [holder('owner', all)], {stores: urls});
  const owner = as('owner');
  await fill(owner, 'ours');
  const gone = 'erased-customer';
  await owner.ratings.record([rating('gone-1', {customer_id: gone, comment: 'canary-comment', labels: {team: 'ours'}})]);
  await owner.ratings.call('RecordSurveys', {surveys: [{survey_id: 'gone-2', customer_id: gone, scale: 'SCALE_EMOTICON_3',
    status: 'SURVEY_STATUS_DELIVERED', occurred_at: time('2024-03-04T10:00:00Z')}]});
  await owner.responseTimes.recordEvents([
    event('e-1', 'gone-talk', 'customer', '2024-03-05T10:00:00Z', {customer_id: gone}),
    event('e-2', 'gone-talk', 'escalated', '2024-03-05T10:30:00Z',
          {customer_id: gone, escalated: {reason: 'ESCALATION_REASON_TONE', detail: 'canary-detail'}}),
  ]);
  await owner.responseTimes.call('MakePromise', {promise: {...requests('canary-promise', 'gone').responseTimes.MakePromise.promise, customer_id: gone}});
  await owner.responseTimes.call('LinkConversations', {issue_id: 'issue-1', conversation_ids: ['gone-talk']});
  await owner.churn.recordActivities([
    activity('a-1', gone, 'converted', '2024-01-02T00:00:00Z'),
    activity('a-2', gone, 'attributes_set', '2024-01-03T00:00:00Z', {attributes: {name: 'canary-attribute'}}),
  ]);
  await owner.churn.call('SweepScores', {});
  const bytesOf = (kind) => {
    execFileSync('redis-cli', ['-u', urls[kind], 'config', 'set', 'rdbcompression', 'no']);
    execFileSync('redis-cli', ['-u', urls[kind], 'save']);
    return fs.readFileSync(path.join(folders[kind], 'dump.rdb')).toString('latin1');
  };
  for (const kind of kinds) assert.ok(bytesOf(kind).includes('canary'), `${kind} has something to erase`);

  for (const kind of kinds) await owner[kind].call('EraseCustomer', {customer_id: gone});
  for (const [rpc, answer] of Object.entries(await everythingOf(owner))) assert.ok(!/canary|erased-customer/.test(answer), `${rpc}: ${answer}`);
  // Tables of counts keep what was taken back until the store sums them up the next time: ids, and the rows of churn.
  for (const kind of ['ratings', 'responseTimes']) {
    const bytes = bytesOf(kind);
    const at = bytes.indexOf('canary');
    assert.equal(at, -1, `${kind}: ${JSON.stringify(bytes.slice(Math.max(0, at - 120), at + 120))}`);
  }
});
