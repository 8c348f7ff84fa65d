// Starts a real Prometheus for a test.
import fs from 'node:fs';
import path from 'node:path';
import yaml from 'yaml';
import {Child, freePort, run, temporaryFolder} from '../e2e/harness.mjs';

// What is counted comes after what the counters were so many seconds ago.
export const COUNTS_REACH_BACK = 7;

const inSeconds = (rules) => rules.replaceAll('interval: 5m', 'interval: 5s').replaceAll('offset 1m', 'offset 2s')
    .replaceAll('offset 6m', `offset ${COUNTS_REACH_BACK}s`);

class Prometheus extends Child {
  constructor(t, port, folder) {
    super(t, 'prometheus', [
      `--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`,
    ]);
    this.api = `http://127.0.0.1:${port}/api/v1`;
  }

  async get(what, parameters = {}) {
    const response = await (await fetch(`${this.api}/${what}?${new URLSearchParams(parameters)}`)).json();
    if (response.status !== 'success') throw new Error(`${response.error}: ${JSON.stringify(parameters)}`);
    return response.data;
  }

  // The numbers that a query gives now, or each second of the last half minute.
  async values(expr, instant = true) {
    const now = Date.now() / 1000;
    const {result} = instant ? await this.get('query', {query: expr})
        : await this.get('query_range', {query: expr, start: now - 30, end: now, step: 1});
    const samples = result.flatMap(({value, values}) => values ?? [value]);
    return samples.map(([, text]) => Number(text)).filter((each) => !Number.isNaN(each));
  }
}

// `config` as prometheus.yml has it. Rules are asked each second; those that count what came in within five minutes, until a
// minute ago, count that of five seconds, until two seconds ago. `history` is OpenMetrics text of samples that were there
// before.
export async function startPrometheus(t, config, {ruleFiles = [], history} = {}) {
  const folder = temporaryFolder(t);
  if (history) {
    fs.writeFileSync(path.join(folder, 'history'), history);
    await run('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', path.join(folder, 'history'), path.join(folder, 'data')]);
  }
  const copies = ruleFiles.map((file) => {
    const copy = path.join(folder, path.basename(file));
    fs.writeFileSync(copy, inSeconds(fs.readFileSync(file, 'utf8')));
    return copy;
  });
  // Two seconds, so that a page of thousands of series is in even on a busy machine.
  const quick = {scrape_interval: '2s', scrape_timeout: '2s', evaluation_interval: '1s'};
  fs.writeFileSync(path.join(folder, 'prometheus.yml'), yaml.stringify({...config, global: quick, rule_files: copies}));
  const prometheus = new Prometheus(t, await freePort(), folder);
  await prometheus.becomes(async () => (await fetch(prometheus.api.replace('/api/v1', '/-/ready'))).ok);
  return prometheus;
}
