import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import {problems} from './checks.mjs';
import {containers, flows, folder, named, ofKind, render, root, workloads} from './manifests.mjs';
import {readRules} from './prometheus_rule.mjs';
import {schemaProblems} from './schema.mjs';

const build = process.env.RAPPORT_BUILD ?? path.join(root, 'build/release');
const readme = fs.readFileSync(path.join(folder, 'README.md'), 'utf8');
const services = {'rapport-churn': 50053, 'rapport-ratings': 50051, 'rapport-response-times': 50052};

// The secrets that `production` leaves to its user.
const external = {
  'Secret rapport-store': ['url'],
  'Secret rapport-credentials': ['credentials.json'],
  'Secret rapport-churn-peer': ['tokens.json'],
  ...Object.fromEntries(Object.keys(services).map((name) => [`Secret ${name}-tls`, ['tls.crt', 'tls.key', 'ca.crt']])),
};

// The environment variables that a program's --help names, with their defaults.
const help = new Map();
function flagsOf(program) {
  if (!(program in services)) return undefined;
  if (!help.has(program)) {
    const service = program.replace('rapport-', '').replaceAll('-', '_');
    const text = execFileSync(path.join(build, 'services', service, program), ['--help'], {encoding: 'utf8'});
    const flags = [...text.matchAll(/^ *--\S+(?: [^\s=]+(?:=(\S*))?)?.* \(Env:(\w+)\)/gm)];
    help.set(program, new Map(flags.map(([, value, name]) => [name, value])));
  }
  return help.get(program);
}

function allProblems(documents, context) {
  return [...documents.flatMap(schemaProblems), ...problems(documents, {flagsOf, external: {}, ...context})];
}

// Renders a kustomization of its own that is written in a temporary folder.
function renderText(t, text) {
  const own = fs.mkdtempSync(path.join(os.tmpdir(), 'rapport-kustomize-'));
  t.after(() => fs.rmSync(own, {recursive: true}));
  const deploy = path.relative(fs.realpathSync(own), folder);
  fs.writeFileSync(path.join(own, 'kustomization.yaml'), text.replaceAll('DEPLOY', deploy));
  return render(own);
}

const rendered = Object.fromEntries(['dev', 'production'].map((name) => [name, render(path.join(folder, 'overlays', name))]));
const overlay = (name) => structuredClone(rendered[name]);
const withComponent = (t, name, component) => renderText(t, `
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [DEPLOY/overlays/${name}]
components: [DEPLOY/components/${component}]
`);

test('dev is whole: valid documents that fit one another', () => {
  assert.deepEqual(allProblems(overlay('dev')), []);
});

test('production is whole, but for the secrets that its README names', () => {
  assert.deepEqual(allProblems(overlay('production'), {external}), []);
  for (const [name, keys] of Object.entries(external)) {
    for (const word of [name.replace('Secret ', ''), ...keys]) assert.ok(readme.includes(word), `README.md: ${word}`);
  }
});

for (const component of fs.readdirSync(path.join(folder, 'components'))) {
  // production has TLS already.
  for (const name of component === 'tls' ? ['dev'] : ['dev', 'production']) {
    test(`${name} with the component ${component} is whole`, (t) => {
      assert.deepEqual(allProblems(withComponent(t, name, component), {external}), []);
    });
  }
}

test('production runs three replicas or more of each service, with TLS', () => {
  const documents = overlay('production');
  assert.deepEqual(workloads(documents).map(({metadata}) => metadata.name).sort(), Object.keys(services));
  for (const workload of workloads(documents)) {
    assert.ok(named(documents, 'HorizontalPodAutoscaler', workload.metadata.name).spec.minReplicas >= 3);
    assert.ok(containers(workload)[0].env.some(({name}) => name === 'RAPPORT_TLS_CERT'));
    // Kubernetes' gRPC probes know no TLS.
    assert.equal(containers(workload)[0].readinessProbe.grpc, undefined);
  }
  assert.deepEqual(ofKind(documents, 'Secret'), []);
});

test('dev runs one replica of each, on a Redis that syncs every write', () => {
  const documents = overlay('dev');
  assert.deepEqual(ofKind(documents, 'HorizontalPodAutoscaler'), []);
  assert.deepEqual(workloads(documents).map(({spec}) => spec.replicas ?? 1), [1, 1, 1, 1]);
  const redis = named(documents, 'StatefulSet', 'rapport-redis');
  const {configMap} = redis.spec.template.spec.volumes.find(({name}) => name === 'settings');
  const {data} = named(documents, 'ConfigMap', configMap.name);
  for (const file of ['redis.conf', 'start']) assert.equal(data[file], fs.readFileSync(path.join(root, 'deploy/redis', file), 'utf8'));
});

test('services are found pod by pod, so that gRPC clients spread their calls', () => {
  const documents = overlay('production');
  for (const [name, port] of Object.entries(services)) {
    const {spec} = named(documents, 'Service', name);
    assert.equal(spec.clusterIP, 'None');
    assert.equal(spec.ports.find((each) => each.name === 'grpc').port, port);
  }
});

test('pods reach those whom they need and nobody else', () => {
  const peers = ['rapport-churn -> rapport-ratings:50051', 'rapport-churn -> rapport-response-times:50052'];
  const redis = Object.keys(services).map((name) => `${name} -> rapport-redis:6379`);
  assert.deepEqual(flows(overlay('dev')), [...peers, ...redis].sort());
  assert.deepEqual(flows(overlay('production')), peers);
});

test('the credentials of dev are those that the README names', () => {
  const {data} = ofKind(overlay('dev'), 'Secret').find(({metadata}) => metadata.name.startsWith('rapport-credentials'));
  const {credentials} = JSON.parse(Buffer.from(data['credentials.json'], 'base64'));
  assert.deepEqual(credentials.map(({name}) => name), ['dev', 'churn']);
});

test('the rules of the Prometheus Operator are those of deploy/prometheus', (t) => {
  const documents = withComponent(t, 'dev', 'prometheus-operator');
  assert.deepEqual(named(documents, 'PrometheusRule', 'rapport').spec.groups, readRules(),
      'write them anew with: node tests/kubernetes/prometheus_rule.mjs');
});

test('the overlay in the README is whole', (t) => {
  const [, text] = /^```yaml\n([^]*?)^```$/m.exec(readme);
  const documents = renderText(t, text.replaceAll('../rapport/deploy/kubernetes', 'DEPLOY'));
  assert.deepEqual(allProblems(documents, {external}), []);
});

// Each mistake is made in production with the component prometheus-operator, and must be found.
const workload = (documents, name = 'rapport-ratings') => workloads(documents).find(({metadata}) => metadata.name === name);
const pod = (documents, name) => workload(documents, name).spec.template.spec;
const server = (documents, name) => pod(documents, name).containers[0];
const variable = (documents, wanted) => server(documents).env.find(({name}) => name === wanted);
const first = (documents, kind) => ofKind(documents, kind)[0];
const rest = (documents, kind, name) => named(documents, kind, name).spec;
const mistakes = {
  // Of form.
  'a misspelt field': [(all) => { server(all).imagePullPolice = 'Always'; }, /additional properties imagePullPolice/],
  'a misspelt word': [(all) => { first(all, 'NetworkPolicy').spec.policyTypes = ['Ingres']; }, /be equal to one of/],
  'a wrong type': [(all) => { server(all).ports[0].containerPort = '50051'; }, /containerPort must be integer/],
  'a number for a text': [(all) => { server(all).env[0].value = 1; }, /value must be string/],
  'a wrong version': [(all) => { first(all, 'HorizontalPodAutoscaler').apiVersion = 'autoscaling/v1'; }, /apiVersion right/],
  'a field that is missing': [(all) => { delete workload(all).spec.selector; }, /must have required property/],
  'a quantity that is none': [(all) => { server(all).resources.limits.memory = '1 GB'; }, /must match pattern/],
  'a field unknown to the operator':
    [(all) => { first(all, 'ServiceMonitor').spec.endpoints[0].intervall = '5s'; }, /additional properties intervall/],

  // Of what does not fit.
  'a service that finds nothing': [(all) => { rest(all, 'Service', 'rapport-churn').selector.x = 'y'; }, /takes no pods/],
  'a workload that finds nothing': [(all) => { workload(all).spec.selector.matchLabels.x = 'y'; }, /take its own pods/],
  'a port that nobody has':
    [(all) => { first(all, 'Service').spec.ports[0].targetPort = 'http'; }, /Service .*: port \d+ is not http/],
  'a probe of another port': [(all) => { server(all).livenessProbe.httpGet.port = 8080; }, /livenessProbe asks port 8080/],
  'a server on another port':
    [(all) => { variable(all, 'RAPPORT_LISTEN').value = '0.0.0.0:1'; }, /RAPPORT_LISTEN is not port grpc/],
  'a peer that is not there':
    [(all) => { rest(all, 'Service', 'rapport-ratings').ports[0].port = 1; }, /there is no Service rapport-ratings:50051/],
  'an autoscaler of nothing':
    [(all) => { first(all, 'HorizontalPodAutoscaler').spec.scaleTargetRef.name = 'x'; }, /there is no Deployment x/],
  'replicas beside an autoscaler': [(all) => { workload(all).spec.replicas = 1; }, /replicas would undo/],
  'a budget that allows nothing': [(all) => { first(all, 'PodDisruptionBudget').spec.maxUnavailable = 0; }, /drained/],
  'a monitor of another port':
    [(all) => { first(all, 'ServiceMonitor').spec.endpoints[0].port = 'http'; }, /has no port http/],

  // Of settings.
  'a flag that is none':
    [(all) => { first(all, 'ConfigMap').data.RAPPORT_DRAIN_DELAI = '1s'; }, /rapport-ratings knows no RAPPORT_DRAIN_DELAI/],
  'too little grace': [(all) => { pod(all).terminationGracePeriodSeconds = 30; }, /30 s of grace/],
  'a secret that is not there':
    [(all) => { variable(all, 'RAPPORT_STORE').valueFrom.secretKeyRef.name = 'x'; }, /there is no Secret x/],
  'a key that is not there': [(all) => { variable(all, 'RAPPORT_STORE').valueFrom.secretKeyRef.key = 'x'; }, /no key x/],
  'a file that its secret lacks':
    [(all) => { variable(all, 'RAPPORT_CREDENTIALS').value = '/etc/rapport/credentials/x'; }, /has no key x/],
  'a file that is in no volume': [(all) => { variable(all, 'RAPPORT_CREDENTIALS').value = '/etc/x'; }, /x is in no volume/],

  // Of safety.
  'an image of no version': [(all) => { server(all).image = 'localhost/rapport'; }, /is not pinned/],
  'the latest image': [(all) => { server(all).image = 'localhost/rapport:latest'; }, /is not pinned/],
  'a root user': [(all) => { delete pod(all).securityContext; }, /may run as root/],
  'a file system to write to':
    [(all) => { delete server(all).securityContext.readOnlyRootFilesystem; }, /readOnlyRootFilesystem is not true/],
  'a token for the API': [(all) => { delete pod(all).automountServiceAccountToken; }, /automountServiceAccountToken/],
  'memory without a limit': [(all) => { delete server(all).resources.limits; }, /not bounded/],
};
test('finds mistakes', async (t) => {
  const sound = withComponent(t, 'production', 'prometheus-operator');
  for (const [what, [make, message]] of Object.entries(mistakes)) {
    await t.test(what, () => finds(structuredClone(sound), make, message));
  }
});

function finds(documents, make, message) {
  make(documents);
  // Mistakes of form could confuse the checks of content.
  const formal = documents.flatMap(schemaProblems);
  const found = formal.length ? formal : problems(documents, {flagsOf, external});
  assert.ok(found.some((problem) => message.test(problem)), `found instead: ${found.join('; ') || 'nothing'}`);
}

for (const [what, make] of Object.entries({
  'a way that is too wide': (all) => {
    Object.assign(named(all, 'NetworkPolicy', 'default-deny').spec, {ingress: [{}], egress: [{}]});
  },
  'a way that is missing': (all) => all.splice(all.indexOf(named(all, 'NetworkPolicy', 'peers-from-churn')), 1),
})) {
  test(`sees ${what} of the network policies`, () => {
    const documents = overlay('dev');
    const before = flows(documents);
    make(documents);
    assert.notDeepEqual(flows(documents), before);
  });
}

test('a kustomization that has an unknown field is refused', (t) => {
  assert.throws(() => renderText(t, 'resource: [DEPLOY/overlays/dev]\n'), /unknown field/);
});
