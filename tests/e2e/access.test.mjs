import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import {code, range, rating, startRatings, writeCredentials} from './harness.mjs';

const march = range('2024-03-01T00:00:00Z', '2024-04-01T00:00:00Z');
const staff = [
  {name: 'sender', roles: ['ROLE_INGEST']},
  {name: 'analyst', roles: ['ROLE_READ']},
  {name: 'lead', roles: ['ROLE_READ'], lead_of_teams: ['heroes']},
  {name: 'ann', roles: ['ROLE_AGENT'], agent_id: 'ann'},
  {name: 'bob', roles: ['ROLE_AGENT'], agent_id: 'bob'},
  {name: 'boss', roles: ['ROLE_ADMIN', 'ROLE_READ']},
  {name: 'stranger', roles: ['ROLE_READ', 'ROLE_INGEST', 'ROLE_ADMIN'], tenant: 'other'},
];

// A service with `staff`, and a client for each of them by name.
async function startWithStaff(t) {
  const file = writeCredentials(t, staff);
  const ratings = await startRatings(t, {flags: [`--credentials=${file}`]});
  const clients = Object.fromEntries(staff.map(({name}) => [name, ratings.client(name)]));
  return {ratings, file, ...clients};
}

function commented(id, visibility, fields = {}) {
  return rating(id, {
    agent_id: 'ann',
    labels: {team: 'heroes'},
    comment: `comment of ${id}`,
    comment_visibility: `COMMENT_VISIBILITY_${visibility}`,
    ...fields,
  });
}

test('calls need a valid token and the right role', async (t) => {
  const {ratings, sender, analyst, ann, boss} = await startWithStaff(t);
  const record = {rating: rating('r-1')};
  await assert.rejects(ratings.client().call('RecordRating', record), {code: code.UNAUTHENTICATED});
  await assert.rejects(ratings.client('wrong').call('RecordRating', record), {code: code.UNAUTHENTICATED});
  await assert.rejects(analyst.call('RecordRating', record), {code: code.PERMISSION_DENIED});
  await assert.rejects(ann.call('QueryRatings', {range: march}), {code: code.PERMISSION_DENIED});
  await assert.rejects(analyst.call('EraseCustomer', {customer_id: 'c-1'}), {code: code.PERMISSION_DENIED});
  await sender.call('RecordRating', record);
  await assert.rejects(sender.call('GetRating', {rating_id: 'r-1'}), {code: code.PERMISSION_DENIED});
  await analyst.call('GetRating', {rating_id: 'r-1'});
  await boss.call('EraseCustomer', {customer_id: 'c-1'});
});

test('one tenant does not see what another has', async (t) => {
  const {sender, analyst, stranger} = await startWithStaff(t);
  await sender.call('RecordRating', {rating: rating('r-1')});
  await assert.rejects(stranger.call('GetRating', {rating_id: 'r-1'}), {code: code.NOT_FOUND});
  assert.equal((await stranger.call('ListRatings', {range: march})).ratings.length, 0);
  assert.equal((await stranger.call('RecordRating', {rating: rating('r-1')})).outcome, 'OUTCOME_CREATED');
  assert.equal((await analyst.call('ListRatings', {range: march})).ratings.length, 1);
});

test('an agent sees own ratings only', async (t) => {
  const {sender, ann, bob} = await startWithStaff(t);
  await sender.record([rating('of-ann', {agent_id: 'ann'}), rating('of-bob', {agent_id: 'bob'})]);
  assert.deepEqual((await ann.call('ListRatings', {range: march})).ratings.map((each) => each.rating_id), ['of-ann']);
  await assert.rejects(ann.call('GetRating', {rating_id: 'of-bob'}), {code: code.NOT_FOUND});
  await bob.call('GetRating', {rating_id: 'of-bob'});
});

test('comments are read by those whom their policy names, in every call', async (t) => {
  const clients = await startWithStaff(t);
  const policies = ['AGENT_ONLY', 'AGENT_AND_LEAD', 'ALL', 'UNSPECIFIED'];
  const readers = {
    ann: policies,
    lead: ['AGENT_AND_LEAD', 'ALL'],
    analyst: ['ALL'],
    boss: ['ALL'],
  };
  await clients.sender.record(policies.map((policy) => commented(policy, policy)));

  for (const [name, readable] of Object.entries(readers)) {
    const client = clients[name];
    const seen = {
      list: (await client.call('ListRatings', {range: march})).ratings,
      get: await Promise.all(policies.map(async (id) => (await client.call('GetRating', {rating_id: id})).rating)),
      history: (await Promise.all(policies.map(async (id) => (await client.call('GetRating', {rating_id: id})).history))).flat(),
    };
    if (name !== 'ann') {
      seen.export = (await client.collect('ExportRatings', {range: march})).flatMap((chunk) => chunk.ratings);
    }
    for (const [call, ratings] of Object.entries(seen)) {
      assert.equal(ratings.length, policies.length, `${name}, ${call}`);
      for (const each of ratings) {
        const may = readable.includes(each.rating_id);
        assert.equal(each.comment ?? '', may ? `comment of ${each.rating_id}` : '', `${name}, ${call}, ${each.rating_id}`);
        assert.equal(each.comment_withheld ?? false, !may, `${name}, ${call}, ${each.rating_id}`);
      }
    }
  }
});

test('a new credentials file is used without a restart', async (t) => {
  const {ratings, file} = await startWithStaff(t);
  const late = ratings.client('late');
  await assert.rejects(late.call('RecordRating', {rating: rating('r-1')}), {code: code.UNAUTHENTICATED});
  fs.copyFileSync(writeCredentials(t, [...staff, {name: 'late', roles: ['ROLE_INGEST']}]), file);
  for (const end = Date.now() + 15_000;;) {
    try {
      await late.call('RecordRating', {rating: rating('r-1')});
      break;
    } catch (error) {
      if (error.code !== code.UNAUTHENTICATED || Date.now() > end) throw error;
    }
  }
});
