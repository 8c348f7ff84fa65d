// Debian's Prometheus knows no Kubernetes: pods are given to it as discovery would give them.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import yaml from 'yaml';
import {until} from '../e2e/harness.mjs';
import {startPrometheus} from './prometheus.mjs';
import {prometheus as folder} from './rules.mjs';

function pod(name, port, {scrape = 'true', wanted = '9464'} = {}) {
  return {
    targets: [`127.0.0.1:${port}`],
    labels: {
      __meta_kubernetes_namespace: 'rapport',
      __meta_kubernetes_pod_name: `${name}-7d4f`,
      __meta_kubernetes_pod_label_app_kubernetes_io_name: name,
      __meta_kubernetes_pod_container_port_number: String(port),
      __meta_kubernetes_pod_annotation_prometheus_io_scrape: scrape,
      __meta_kubernetes_pod_annotation_prometheus_io_port: wanted,
    },
  };
}

test('the annotated port of each of our pods is scraped once, under the name of its binary', async (t) => {
  const config = yaml.parse(fs.readFileSync(path.join(folder, 'kubernetes.yml'), 'utf8'));
  const [{kubernetes_sd_configs, ...scrape}] = config.scrape_configs;
  assert.deepEqual(kubernetes_sd_configs, [{role: 'pod'}]);
  const pods = [
    pod('rapport-ratings', 50051), pod('rapport-ratings', 9464), pod('rapport-churn', 9466, {wanted: '9466'}),
    pod('rapport-response-times', 9465, {scrape: 'false', wanted: '9465'}), pod('redis', 9121, {wanted: '9121'}),
  ];
  const prometheus = await startPrometheus(t, {scrape_configs: [{...scrape, static_configs: pods}]});
  const {activeTargets} = await until(async () => {
    const targets = await prometheus.get('targets');
    return targets.activeTargets.length > 0 && targets;
  }, () => 'no targets');
  assert.deepEqual(activeTargets.map(({labels}) => labels).sort((a, b) => a.job < b.job ? -1 : 1), [
    {instance: '127.0.0.1:9466', job: 'rapport-churn', namespace: 'rapport', pod: 'rapport-churn-7d4f'},
    {instance: '127.0.0.1:9464', job: 'rapport-ratings', namespace: 'rapport', pod: 'rapport-ratings-7d4f'},
  ]);
});
