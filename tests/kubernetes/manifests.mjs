// Rendered manifests, and what one document says of another.
import {execFileSync} from 'node:child_process';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import yaml from 'yaml';

const here = path.dirname(fileURLToPath(import.meta.url));
export const root = path.resolve(here, '../..');
export const folder = path.join(root, 'deploy/kubernetes');

// The documents of a kustomization.
export function render(kustomization) {
  const text = execFileSync(path.join(here, 'kustomize'), [kustomization], {encoding: 'utf8', stdio: 'pipe'});
  return yaml.parseAllDocuments(text, {uniqueKeys: true}).map((document) => {
    if (document.errors.length) throw document.errors[0];
    return document.toJS();
  });
}

export const ofKind = (documents, kind) => documents.filter((document) => document.kind === kind);
export const named = (documents, kind, name) => ofKind(documents, kind).find(({metadata}) => metadata.name === name);
export const workloads = (documents) => documents.filter(({kind}) => kind === 'Deployment' || kind === 'StatefulSet');
export const containers = (workload) => workload.spec.template.spec.containers;
export const label = ({kind, metadata}) => `${kind} ${metadata.name}`;

const operators = {
  In: (value, values) => values.includes(value),
  NotIn: (value, values) => !values.includes(value),
  Exists: (value) => value !== undefined,
  DoesNotExist: (value) => value === undefined,
};

// Whether labels satisfy a LabelSelector; an empty one takes all.
export function selects({matchLabels = {}, matchExpressions = []}, labels = {}) {
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
      matchExpressions.every(({key, operator, values}) => operators[operator](labels[key], values));
}

// The workloads whose pods a selector takes.
export const selected = (documents, selector) =>
    workloads(documents).filter((workload) => selects(selector, workload.spec.template.metadata.labels));

// The number of a container port given by name or number, undefined when the pod has none such.
export function portNumber(workload, port) {
  const ports = containers(workload).flatMap((container) => container.ports ?? []);
  return ports.find(({name, containerPort}) => port === name || port === containerPort)?.containerPort;
}

// The environment of a container as the manifests give it; values from secrets that they do not hold are undefined.
export function environment(documents, container) {
  const all = {};
  for (const {configMapRef} of container.envFrom ?? []) {
    Object.assign(all, named(documents, 'ConfigMap', configMapRef.name)?.data);
  }
  for (const {name, value, valueFrom} of container.env ?? []) {
    const {name: secret, key} = valueFrom?.secretKeyRef ?? {};
    const encoded = secret && named(documents, 'Secret', secret)?.data?.[key];
    all[name] = encoded ? Buffer.from(encoded, 'base64').toString() : value;
  }
  return all;
}

// Who may open connections to whom under the network policies, as "FROM -> TO:PORT". Only peers in the manifests count.
export function flows(documents) {
  const labels = (workload) => workload.spec.template.metadata.labels;
  const rules = (workload, direction) => ofKind(documents, 'NetworkPolicy')
      .filter(({spec}) => spec.policyTypes.includes(direction) && selects(spec.podSelector, labels(workload)))
      .map(({spec}) => spec[direction.toLowerCase()] ?? []);
  const isPeer = (peers, workload) => peers === undefined || peers.some(({podSelector, namespaceSelector, ipBlock}) =>
      !ipBlock && !namespaceSelector && selects(podSelector, labels(workload)));
  const isPort = (ports, workload, number) =>
      ports === undefined || ports.some(({port}) => portNumber(workload, port) === number);
  const allows = (policies, side, peer, target, number) => policies.length === 0 ||
      policies.flat().some((rule) => isPeer(rule[side], peer) && isPort(rule.ports, target, number));

  const found = [];
  for (const from of workloads(documents)) {
    for (const to of workloads(documents)) {
      for (const {containerPort: port} of containers(to).flatMap((container) => container.ports)) {
        if (from === to || !allows(rules(from, 'Egress'), 'to', to, to, port)) continue;
        if (!allows(rules(to, 'Ingress'), 'from', from, to, port)) continue;
        found.push(`${from.metadata.name} -> ${to.metadata.name}:${port}`);
      }
    }
  }
  return found.sort();
}
