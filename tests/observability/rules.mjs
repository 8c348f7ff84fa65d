// The rules and dashboards of deploy/, as they stand.
import fs from 'node:fs';
import path from 'node:path';
import yaml from 'yaml';
import {root} from '../e2e/harness.mjs';

export const prometheus = path.join(root, 'deploy/prometheus');
export const grafana = path.join(root, 'deploy/grafana');

const filesIn = (folder, end) =>
  fs.readdirSync(folder).filter((name) => name.endsWith(end)).map((name) => path.join(folder, name));
const groupsOf = (file) => yaml.parse(fs.readFileSync(file, 'utf8')).groups;

export const ruleFiles = filesIn(path.join(prometheus, 'rules'), '.rules.yaml');
export const ruleTests = filesIn(path.join(prometheus, 'tests'), '.test.yaml');
export const groups = ruleFiles.flatMap(groupsOf);
export const rules = groups.flatMap((group) => group.rules);
export const alerts = rules.filter((rule) => rule.alert);
export const recordings = rules.filter((rule) => rule.record);

export const dashboards = filesIn(path.join(grafana, 'dashboards'), '.json')
    .map((file) => ({file: path.basename(file), ...JSON.parse(fs.readFileSync(file, 'utf8'))}));

// Every panel but rows, with its dashboard.
export const panels = dashboards.flatMap((dashboard) =>
  dashboard.panels.filter((panel) => panel.type !== 'row').map((panel) => ({...panel, dashboard})));

// A query as Grafana sends it with the first choice of each variable.
export function substitute(expr, dashboard) {
  let text = expr.replaceAll('$__rate_interval', '1m').replaceAll('$__interval', '5m');
  for (const variable of dashboard.templating.list) {
    const value = variable.includeAll ? variable.allValue : variable.current.value;
    text = text.replaceAll(`$${variable.name}`, value);
  }
  return text;
}

// Every query of every panel: {name, expr, instant}.
export const queries = panels.flatMap(({dashboard, title, targets}) => targets.map((target) => ({
  name: `${dashboard.title}: ${title} ${target.legendFormat ?? ''}`,
  expr: substitute(target.expr, dashboard),
  instant: target.instant,
})));
