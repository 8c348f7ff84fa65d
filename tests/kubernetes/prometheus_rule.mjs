// Writes the rules of deploy/prometheus into the component for the Prometheus Operator, whose PrometheusRule has no way to
// refer to them. A test holds both together. Usage: node tests/kubernetes/prometheus_rule.mjs
import fs from 'node:fs';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import yaml from 'yaml';
import {folder, root} from './manifests.mjs';

const source = path.join(root, 'deploy/prometheus/rules');

// The groups of all rule files, in the order of the files' names.
export function readRules() {
  return fs.readdirSync(source).filter((name) => name.endsWith('.rules.yaml')).sort()
      .flatMap((name) => yaml.parse(fs.readFileSync(path.join(source, name), 'utf8')).groups);
}

function write() {
  const document = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: {name: 'rapport', namespace: 'rapport', labels: {'app.kubernetes.io/part-of': 'rapport'}},
    spec: {groups: readRules()},
  };
  const comment = '# Written by tests/kubernetes/prometheus_rule.mjs from deploy/prometheus/rules; change those.\n';
  fs.writeFileSync(path.join(folder, 'components/prometheus-operator/prometheus-rule.yaml'),
      comment + yaml.stringify(document, {lineWidth: 0}));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) write();
