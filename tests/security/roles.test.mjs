// The table of who may call what, against the protos and against the services.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {everythingOf, fill, isWatch, nameOfService, perform, requests, rpcsOf} from './requests.mjs';
import {buf, code, holder, root, run, startAll} from './support.mjs';
import {forEveryone, rolesOf} from './table.mjs';

const kinds = Object.keys(rolesOf);
const packages = {ratings: 'ratings', responseTimes: 'response_times', churn: 'churn'};
const all = ['ingest', 'read', 'agent', 'admin'];
const combinations = [[], ['ingest'], ['read'], ['agent'], ['admin'], ['ingest', 'read'], ['agent', 'admin'], all];
const nameOf = (roles) => roles.join('-') || 'unknown';

// What the comment above an RPC says: "Role `read` or `agent`".
function documentedRoles(kind) {
  const name = packages[kind];
  const proto = fs.readFileSync(path.join(root, `protos/rapport/${name}/v1/${name}_service.proto`), 'utf8');
  const documented = {};
  for (const [, comment, rpc] of proto.matchAll(/((?:^ *\/\/.*\n)+) *rpc (\w+)\(/gm)) {
    const text = comment.replace(/\n *\/\/ ?/g, ' ');
    documented[rpc] = [...(text.match(/Role ((?:`\w+`(?: or )?)+)/)?.[1] ?? '').matchAll(/`(\w+)`/g)].map(([, role]) => role);
  }
  return documented;
}

test('the table names every RPC of the protos, with the roles that its comment names', () => {
  for (const kind of kinds) {
    assert.deepEqual(Object.keys(rolesOf[kind]), rpcsOf(kind), kind);
    assert.deepEqual(rolesOf[kind], documentedRoles(kind), kind);
    assert.deepEqual(Object.keys(requests('any')[kind]), rpcsOf(kind), `requests of ${kind}`);
  }
});

test('each role may call what the table says and nothing else, in its own tenant', async (t) => {
  const credentials = combinations.filter((roles) => roles.length > 0).map((roles) => holder(nameOf(roles), roles));
  const {servers, as} = await startAll(t, [...credentials, holder('stranger', all, 'globex')]);
  const owner = as(nameOf(all));
  await fill(owner, 'canary');
  const before = await everythingOf(owner);

  const callers = [[undefined, []], ...combinations.map((roles) => [nameOf(roles), roles])];
  const isAllowed = (kind, rpc, roles) => rolesOf[kind][rpc].some((role) => roles.includes(role));
  for (const [name, roles] of callers) {
    const clients = as(name);
    for (const kind of kinds) {
      await Promise.all(rpcsOf(kind).filter((rpc) => !isAllowed(kind, rpc, roles)).map(async (rpc) => {
        const what = `${kind}.${rpc} as ${name ?? 'nobody'}`;
        const answer = await perform(clients[kind], kind, rpc, requests('denied', 'denied')[kind][rpc]);
        assert.equal(answer.code, roles.length > 0 ? code.PERMISSION_DENIED : code.UNAUTHENTICATED, `${what}: ${answer.details}`);
        assert.deepEqual(answer.messages, [], what);
        if (roles.length > 0) {
          const needed = rolesOf[kind][rpc].map((role) => `ROLE_${role.toUpperCase()}`).join(' or ');
          assert.ok(answer.details.startsWith(`${rpc} needs ${needed}; credential '${name}'`), `${what}: ${answer.details}`);
        }
      }));
    }
  }
  assert.deepEqual(await everythingOf(owner), before, 'a denied call changed something');

  for (const [name, roles] of [...callers, ['stranger', all]]) {
    const clients = as(name);
    for (const kind of kinds) {
      await Promise.all(rpcsOf(kind).filter((rpc) => isAllowed(kind, rpc, roles)).map(async (rpc) => {
        const answer = await perform(clients[kind], kind, rpc, requests('allowed', nameOf(roles))[kind][rpc],
                                     isWatch(rpc) ? 500 : undefined);
        assert.ok(![code.PERMISSION_DENIED, code.UNAUTHENTICATED, code.UNKNOWN, code.INTERNAL, code.UNIMPLEMENTED]
            .includes(answer.code), `${kind}.${rpc} as ${name}: ${answer.code} ${answer.details}`);
      }));
    }
  }
  for (const server of Object.values(servers)) assert.equal(server.ended, undefined);
});

test('a server answers no other service, health apart, and reflection only on demand', async (t) => {
  const {servers: plain} = await startAll(t, [holder('reader', ['read'])]);
  const {servers: reflecting} = await startAll(t, [holder('reader', ['read'])], {flags: ['--reflection']});
  const list = async (server) => {
    const {stdout} = await run(buf, ['curl', '--http2-prior-knowledge', '--protocol', 'grpc', '--list-services', `http://${server.address}`]);
    return stdout.trim().split('\n');
  };
  for (const kind of kinds) {
    await assert.rejects(list(plain[kind]), /unimplemented/i);
    const services = await list(reflecting[kind]);
    assert.deepEqual(services.filter((service) => !forEveryone.includes(service)), [nameOfService(kind)]);
  }
});
