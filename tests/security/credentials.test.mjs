// Who a caller is: tokens whose file changes while calls run, and client certificates.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import tls from 'node:tls';
import grpc from '@grpc/grpc-js';
import {code, holder, rating, startRatings, stubs, temporaryFolder, until, writeCredentials} from './support.mjs';

const record = {rating: rating('r-1')};

// The error of a call, or OK.
async function codeOf(client, method = 'RecordRating', request = record) {
  try {
    await client.call(method, request);
    return code.OK;
  } catch (error) {
    return error.code;
  }
}

async function metric(server, line) {
  return (await (await fetch(`${server.metrics}/metrics`)).text()).includes(line);
}

test('a new credentials file is used while calls run; a broken one changes nothing and is told of', async (t) => {
  const sender = holder('sender', ['ingest']);
  // As Kubernetes mounts secrets: the file leads through ..data, which is moved to another folder by a rename.
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'credentials.json');
  let version = 0;
  const publish = (content) => {
    const next = `..version-${++version}`;
    fs.mkdirSync(path.join(folder, next));
    fs.writeFileSync(path.join(folder, next, 'credentials.json'), content);
    fs.symlinkSync(next, path.join(folder, '..data_tmp'));
    fs.renameSync(path.join(folder, '..data_tmp'), path.join(folder, '..data'));
  };
  const of = (...credentials) => fs.readFileSync(writeCredentials(t, credentials));
  publish(of(sender));
  fs.symlinkSync('..data/credentials.json', file);
  const server = await startRatings(t, {flags: [`--credentials=${file}`]});
  const clients = Object.fromEntries(['sender', 'late'].map((name) => [name, server.client(name)]));

  // Calls go on all the time, and what did not change never fails.
  let stopped = false;
  const steady = (async () => {
    const codes = {};
    while (!stopped) {
      const answer = await codeOf(clients.sender);
      codes[answer] = (codes[answer] ?? 0) + 1;
    }
    return codes;
  })();

  assert.equal(await codeOf(clients.late), code.UNAUTHENTICATED);
  publish(of(sender, holder('late', ['ingest'])));
  await until(async () => await codeOf(clients.late) === code.OK, () => 'the new credential is not used');
  publish(of(sender, holder('late', ['read'])));
  await until(async () => await codeOf(clients.late) === code.PERMISSION_DENIED, () => 'the new role is not used');
  for (const broken of ['{broken', '', '{"credentials": [{"name": "no-tenant"}]}']) {
    publish(broken);
    await until(() => metric(server, 'rapport_credentials_valid 0'), () => 'the broken file is not told of');
    assert.equal(await codeOf(clients.late), code.PERMISSION_DENIED);
    publish(of(sender, holder('late', ['read'])));
    await until(() => metric(server, 'rapport_credentials_valid 1'), () => 'the file is not read again');
  }
  assert.match(server.output, /"credentials file is broken/);
  publish(of(sender));
  await until(async () => await codeOf(clients.late) === code.UNAUTHENTICATED, () => 'the credential is not gone');
  stopped = true;
  assert.deepEqual(Object.keys(await steady), [String(code.OK)]);
});

test('streams of a withdrawn credential end, and those of others go on', async (t) => {
  const [sender, reader, other] = [holder('sender', ['ingest']), holder('reader', ['read']), holder('other', ['read'])];
  const file = writeCredentials(t, [sender, reader, other]);
  const server = await startRatings(t, {flags: [`--credentials=${file}`]});
  const ended = {};
  const seen = {};
  const follow = (name, call) => {
    call.on('data', () => seen[name] = true);
    call.on('error', (error) => ended[name] = error.code);
    return call;
  };
  follow('watch of reader', server.client('reader').stream('WatchRatings', {}));
  follow('watch of other', server.client('other').stream('WatchRatings', {}));
  // A stream that nothing is sent on any more.
  follow('ingest', server.client('sender').ingest()).write({sequence: 1, ratings: [rating('r-2')]});
  let ratings = 0;
  await until(async () => {
    await codeOf(server.client('sender'), 'RecordRating', {rating: rating(`seen-${++ratings}`)});
    return Object.keys(seen).length === 3;
  }, () => `streams do not begin: ${JSON.stringify(seen)}`);

  fs.copyFileSync(writeCredentials(t, [other, {...sender, tenant: 'globex'}]), file);
  await until(() => Object.keys(ended).length === 2, () => `streams do not end: ${JSON.stringify(ended)}`);
  assert.deepEqual(ended, {'watch of reader': code.UNAUTHENTICATED, 'ingest': code.UNAUTHENTICATED});
});

// A certificate authority with its certificates, in a folder of its own.
class Authority {
  constructor(t, name) {
    this.folder = temporaryFolder(t);
    this.openssl('req', '-x509', ...this.newKey('ca'), '-subj', `/CN=${name}`, '-days', '2', '-out', 'ca.pem');
  }

  newKey = (name) => ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`];
  path = (file) => path.join(this.folder, file);
  read = (file) => fs.readFileSync(this.path(file));

  openssl(...args) {
    execFileSync('openssl', args, {cwd: this.folder, stdio: 'pipe'});
  }

  // `dates` of an expired certificate: from two days to one day ago.
  issue(name, alternative, {expired = false} = {}) {
    fs.writeFileSync(this.path('extensions'), alternative ? `subjectAltName=${alternative}` : '');
    this.openssl('req', ...this.newKey(name), '-subj', `/CN=${name}`, '-out', `${name}.csr`);
    fs.writeFileSync(this.path('index'), '');
    fs.writeFileSync(this.path('ca.cnf'),
                     '[ca]\ndefault_ca=d\n[d]\ndatabase=index\nrand_serial=yes\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n');
    const day = (ago) => new Date(Date.now() - ago * 86_400_000).toISOString().replace(/[-:T]|\.\d+/g, '').slice(2);
    this.openssl('ca', '-batch', '-config', 'ca.cnf', '-in', `${name}.csr`, '-cert', 'ca.pem', '-keyfile', 'ca.key', '-outdir', '.',
                 '-notext', '-extfile', 'extensions', '-startdate', day(2), '-enddate', day(expired ? 1 : -1), '-out', `${name}.pem`);
    return this;
  }

  // What a client shows, none without a name.
  client(name, authority = this) {
    return grpc.credentials.createSsl(authority.read('ca.pem'), name && this.read(`${name}.key`), name && this.read(`${name}.pem`));
  }
}

async function callOver(server, credentials, token) {
  const stub = new stubs.ratings(server.address, credentials, {'grpc.use_local_subchannel_pool': 1});
  const metadata = new grpc.Metadata();
  if (token) metadata.set('authorization', `Bearer ${token}`);
  try {
    return await new Promise((resolve) => stub.ListRatings({}, metadata, {deadline: Date.now() + 20_000}, (error) => resolve(error)));
  } finally {
    stub.close();
  }
}

const handshake = (server, options) => new Promise((resolve) => {
  const [host, port] = server.address.split(':');
  const socket = tls.connect({host, port, rejectUnauthorized: false, ALPNProtocols: ['h2'], ...options}, () => {
    resolve(socket.getProtocol());
    socket.destroy();
  });
  socket.on('error', () => resolve('refused'));
});

test('a client certificate says who calls: by URI, DNS name or common name; others do not get in', async (t) => {
  const authority = new Authority(t, 'ours').issue('server', 'IP:127.0.0.1').issue('by-common-name')
      .issue('uri', 'URI:spiffe://acme/reader').issue('dns', 'DNS:reader.acme.example').issue('unknown')
      .issue('expired', 'URI:spiffe://acme/reader', {expired: true});
  const stranger = new Authority(t, 'theirs').issue('uri', 'URI:spiffe://acme/reader');
  const named = (certificate_name, roles = ['read']) => ({...holder(certificate_name, roles), token_sha256: '', certificate_name});
  const file = writeCredentials(t, [named('spiffe://acme/reader'), named('reader.acme.example'), named('by-common-name'),
                                    holder('sender', ['ingest'])]);
  const server = await startRatings(t, {flags: [
    `--credentials=${file}`, `--tls-cert=${authority.path('server.pem')}`, `--tls-key=${authority.path('server.key')}`,
    `--tls-client-ca=${authority.path('ca.pem')}`,
  ]});
  // With the role, the request is refused for what it lacks.
  for (const name of ['uri', 'dns', 'by-common-name']) {
    assert.equal((await callOver(server, authority.client(name))).code, code.INVALID_ARGUMENT, name);
  }
  assert.equal((await callOver(server, authority.client('unknown'))).code, code.UNAUTHENTICATED);
  // A token counts before the certificate, for better or worse.
  assert.match((await callOver(server, authority.client('uri'), 'sender')).details, /needs ROLE_READ or ROLE_AGENT; credential 'sender'/);
  assert.equal((await callOver(server, authority.client('uri'), 'wrong')).code, code.UNAUTHENTICATED);
  for (const credentials of [authority.client('expired'), authority.client(), stranger.client('uri', authority), grpc.credentials.createInsecure()]) {
    assert.equal((await callOver(server, credentials, 'sender')).code, code.UNAVAILABLE);
  }
});

test('TLS is of version 1.2 or later, and certificate files are used anew when they change', async (t) => {
  const authority = new Authority(t, 'ours').issue('server', 'IP:127.0.0.1');
  const server = await startRatings(t, {flags: [
    `--credentials=${writeCredentials(t, [holder('reader', ['read'])])}`,
    `--tls-cert=${authority.path('server.pem')}`, `--tls-key=${authority.path('server.key')}`,
  ]});
  assert.equal(await handshake(server, {}), 'TLSv1.3');
  assert.equal(await handshake(server, {maxVersion: 'TLSv1.2'}), 'TLSv1.2');
  assert.equal(await handshake(server, {minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0'}), 'refused');

  const next = new Authority(t, 'next').issue('server', 'IP:127.0.0.1');
  assert.equal((await callOver(server, next.client(), 'reader')).code, code.UNAVAILABLE);
  for (const file of ['server.key', 'server.pem']) fs.copyFileSync(next.path(file), authority.path(file));
  await until(async () => (await callOver(server, next.client(), 'reader')).code === code.INVALID_ARGUMENT,
              () => 'the new certificate is not used', 60);
});
