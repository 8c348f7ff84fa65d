// Two tenants with the same ids: neither reads, changes, watches or pages through what the other has.
import assert from 'node:assert/strict';
import test from 'node:test';
import {everythingOf, fill, isWatch, perform, requests, rpcsOf, textOf} from './requests.mjs';
import {Client, code, holder, range, rating, startAll, stubs, until} from './support.mjs';
import {rolesOf} from './table.mjs';

const kinds = Object.keys(rolesOf);
const all = ['ingest', 'read', 'admin'];
const ever = range('2023-01-01T00:00:00Z', '2024-12-31T00:00:00Z');
const ours = 'mark-of-acme';
const theirs = 'mark-of-globex';

const isRead = (kind, rpc) => rolesOf[kind][rpc].includes('read');
const staff = [
  holder('acme', all), holder('globex', all, 'globex'),
  {...holder('ann', ['agent']), agent_id: 'ann'}, {...holder('bob', ['agent']), agent_id: 'bob'},
];

// Both tenants filled, and clients of both.
async function startFilled(t) {
  const {servers, as} = await startAll(t, staff);
  const [acme, globex] = [as('acme'), as('globex')];
  await fill(acme, ours);
  await fill(globex, theirs);
  return {servers, acme, globex, as};
}

async function trainModel(client, mark) {
  const {training} = await client.call('TrainModel', {...requests(mark).churn.TrainModel, training_id: 'training-1'});
  const {training: ended} = await until(async () => {
    const answer = await client.call('GetTraining', {training_id: training.training_id});
    return /SUCCEEDED|FAILED/.test(answer.training.state) && answer;
  }, () => 'the training does not end', 120);
  assert.equal(ended.state, 'TRAINING_STATE_SUCCEEDED', ended.error?.message);
  return ended.model.metadata.version;
}

test('reads and writes of one tenant neither show nor change what another has', async (t) => {
  const {servers, acme, globex} = await startFilled(t);
  const [ourModel, theirModel] = [await trainModel(acme.churn, ours), await trainModel(globex.churn, theirs)];
  assert.notEqual(ourModel, theirModel);

  const [we, they] = [await everythingOf(acme), await everythingOf(globex)];
  for (const [rpc, answer] of Object.entries(we)) assert.ok(!answer.includes(theirs), `${rpc}: ${answer}`);
  for (const [rpc, answer] of Object.entries(they)) assert.ok(!answer.includes(ours), `${rpc}: ${answer}`);
  for (const rpc of ['ratings.GetRating', 'ratings.ExportRatings', 'responseTimes.ListPromises', 'responseTimes.ListWaiting',
                     'churn.GetCustomer', 'churn.ListModels']) {
    assert.ok(they[rpc].includes(theirs), `${rpc} shows a tenant its own: ${they[rpc]}`);
  }

  // The model of another is none, under whatever RPC it is named.
  for (const [rpc, request] of Object.entries({
    GetModel: {version: theirModel}, ExportModel: {version: theirModel}, ActivateModel: {version: theirModel},
    SetShadowModel: {version: theirModel}, GetDrift: {version: theirModel},
    ScoreFeatures: {...requests(ours).churn.ScoreFeatures, model_version: theirModel},
  })) {
    const answer = await perform(acme.churn, 'churn', rpc, request);
    assert.ok([code.NOT_FOUND, code.FAILED_PRECONDITION].includes(answer.code), `${rpc}: ${answer.code} ${textOf(answer)}`);
  }

  // Every write, with ids that both have, erasure among them.
  for (const kind of kinds) {
    for (const rpc of rpcsOf(kind).filter((each) => !isRead(kind, each))) {
      const answer = await perform(acme[kind], kind, rpc, requests(ours, 'r-2')[kind][rpc]);
      assert.ok(!textOf(answer).includes(theirs), `${kind}.${rpc}`);
    }
  }
  const after = await everythingOf(globex);
  for (const rpc of Object.keys(they)) assert.equal(after[rpc], they[rpc], `${rpc} of the other tenant`);
  await assert.rejects(acme.ratings.call('GetRating', {rating_id: 'r-erase'}), {code: code.NOT_FOUND});

  // Who says to be of another tenant is of their own nevertheless.
  for (const kind of kinds) {
    const client = new Client(stubs[kind], servers[kind].address, 'acme');
    client.metadata.set('x-rapport-tenant', 'globex');
    client.metadata.set('x-rapport-agent', 'bob');
    for (const rpc of rpcsOf(kind).filter((each) => isRead(kind, each) && !isWatch(each))) {
      const answer = textOf(await perform(client, kind, rpc, requests(ours)[kind][rpc]));
      assert.ok(!answer.includes(theirs), `${kind}.${rpc}: ${answer}`);
    }
    client.close();
  }
});

test('tokens of pages and streams of one tenant lead another to nothing that is not its own', async (t) => {
  const {acme, globex} = await startFilled(t);
  const page = {page: {page_size: 1}};
  const pages = [
    ['ratings', 'ListRatings', {range: ever}],
    ['ratings', 'ListCustomersBySatisfaction', requests(ours).ratings.ListCustomersBySatisfaction],
    ['responseTimes', 'ListPromises', {due: ever}],
    ['responseTimes', 'ListTrackedIssues', {}],
    ['responseTimes', 'ListPeopleToTell', {issue_id: 'issue-1'}],
    ['churn', 'SearchCustomers', {}],
    ['churn', 'ListCustomersByRisk', {}],
    ['churn', 'ForecastPurchases', requests(ours).churn.ForecastPurchases],
  ];
  for (const [kind, rpc, request] of pages) {
    const {next_page_token: token} = await globex[kind].call(rpc, {...request, ...page});
    assert.ok(token, `${rpc} of several has a next page`);
    const answer = await perform(acme[kind], kind, rpc, {...request, page: {page_size: 10, page_token: token}});
    assert.ok([code.OK, code.INVALID_ARGUMENT].includes(answer.code), `${rpc}: ${answer.details}`);
    assert.ok(!textOf(answer).includes(theirs), `${rpc}: ${textOf(answer)}`);
  }
  for (const [kind, rpc] of [['ratings', 'ExportRatings'], ['responseTimes', 'ExportEvents']]) {
    const {messages} = await perform(globex[kind], kind, rpc, {range: ever});
    const answer = await perform(acme[kind], kind, rpc, {range: ever, resume_token: messages[0].resume_token});
    assert.ok(!textOf(answer).includes(theirs), `${rpc}: ${textOf(answer)}`);
  }

  // Watches: opened first, from now on; then something happens to both.
  const watched = [['ratings', 'WatchRatings'], ['responseTimes', 'WatchPromises'], ['responseTimes', 'WatchResolutions'],
                   ['churn', 'WatchRisk']];
  const streams = watched.flatMap(([kind, rpc]) => [[acme, ours, theirs], [globex, theirs, ours]].map(([clients, own, foreign]) => {
    const seen = [];
    const call = clients[kind].stream(rpc, {});
    call.on('data', (message) => seen.push(message));
    call.on('error', () => {});
    return {kind, rpc, own, foreign, call, seen};
  }));
  let round = 0;
  const something = async (clients, mark) => {
    const id = `w-${++round}`;
    await perform(clients.ratings, 'ratings', 'RecordRating', requests(mark, id).ratings.RecordRating);
    for (const rpc of ['MakePromise', 'CreateTrackedIssue']) {
      await perform(clients.responseTimes, 'responseTimes', rpc, requests(mark, id).responseTimes[rpc]);
    }
    await clients.responseTimes.call('LinkConversations', {issue_id: `issue-${id}`, conversation_ids: ['talk-1']});
    await clients.responseTimes.call('KeepPromise', {promise_id: `promise-${id}`});
    await clients.responseTimes.call('ResolveTrackedIssue', {issue_id: `issue-${id}`});
    const [worst, best] = round % 4 < 2 ? [1, 0] : [0, 1];
    await clients.churn.call('SetHealthRules', {rules: {signals: [{name: 'days_since_signup', description: mark, weight: 1, worst, best}]}});
    await clients.churn.call('SweepScores', {});
  };
  await until(async () => {
    await something(acme, ours);
    await something(globex, theirs);
    await something(acme, ours);
    await something(globex, theirs);
    return streams.every(({seen, own}) => textOf(seen).includes(own) || seen.some((message) => message.score));
  }, () => `nothing seen: ${textOf(streams.map(({rpc, own, seen}) => [rpc, own, seen.length]))}`, 60);
  for (const {rpc, kind, seen, own, foreign, call} of streams) {
    assert.ok(!textOf(seen).includes(foreign), `${rpc} of ${own}: ${textOf(seen)}`);
    call.cancel();
    const [others, token] = [own === ours ? globex : acme, seen.at(-1).resume_token];
    const resumed = await perform(others[kind], kind, rpc, {resume_token: token}, 700);
    assert.ok(!textOf(resumed).includes(own), `${rpc} resumed with the token of ${own}: ${textOf(resumed)}`);
  }
});

test('an agent sees own ratings and promises, and comments meant for them', async (t) => {
  const {acme, as} = await startFilled(t);
  await acme.ratings.record([
    rating('of-ann', {agent_id: 'ann', comment: 'for ann alone'}), rating('of-bob', {agent_id: 'bob', comment: 'for bob alone'}),
  ]);
  for (const [name, other] of [['ann', 'bob'], ['bob', 'ann']]) {
    const {ratings, responseTimes} = as(name);
    const list = (await ratings.call('ListRatings', {range: ever})).ratings;
    assert.deepEqual([...new Set(list.map((each) => each.agent_id))], [name]);
    assert.equal((await ratings.call('GetRating', {rating_id: `of-${name}`})).rating.comment, `for ${name} alone`);
    await assert.rejects(ratings.call('GetRating', {rating_id: `of-${other}`}), {code: code.NOT_FOUND});
    const promises = (await responseTimes.call('ListPromises', {due: ever})).promises;
    assert.deepEqual(promises.filter((each) => each.agent_id !== name), []);
    const asked = (await responseTimes.call('ListPromises', {due: ever, agent_id: other})).promises;
    assert.deepEqual(asked.filter((each) => each.agent_id !== name), []);
  }
});
