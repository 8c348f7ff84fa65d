import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {createRequire} from 'node:module';
import test from 'node:test';
import yaml from 'yaml';
import {dashboards as generated} from '../../deploy/grafana/generate.mjs';
import {run, temporaryFolder} from '../e2e/harness.mjs';
import {dashboards, grafana, panels, queries} from './rules.mjs';
import {dashboardProblems} from './schema.mjs';

const units = Object.values(createRequire(import.meta.url)('@grafana/grafana-foundation-sdk/units'));

test('the dashboards are what their sources make', async () => {
  const folder = path.join(grafana, 'dashboards');
  const made = await generated();
  assert.deepEqual(fs.readdirSync(folder).sort(), [...made.keys()].sort());
  for (const [file, text] of made) {
    assert.ok(fs.readFileSync(path.join(folder, file), 'utf8') === text, `${file} is old: run deploy/grafana/generate.mjs`);
  }
});

test('dashboards have the types that Grafana gives them', () => {
  for (const {file, ...dashboard} of dashboards) assert.deepEqual(dashboardProblems(dashboard), [], file);
});

test('a misspelt field, a wrong type and an unknown panel are found', () => {
  const {file, ...dashboard} = structuredClone(dashboards[0]);
  const [row, first, second, third] = dashboard.panels;
  dashboard.refesh = '1m';
  row.colapsed = true;
  first.fieldConfig.defaults.units = 's';
  second.targets[0].expr = 1;
  third.type = 'barchart';
  const found = dashboardProblems(dashboard).join('\n');
  for (const mistake of [/refesh/, /colapsed/, /units/, /expr must be string/, /barchart/]) assert.match(found, mistake);
});

test('every panel asks a question, explains itself and has a unit', () => {
  for (const {dashboard, title, description, fieldConfig} of panels) {
    const name = `${dashboard.title}: ${title}`;
    assert.match(title, /^[A-Z].*\?$/, name);
    assert.match(description, /^[A-Z0-9].{15,}\.$/, name);
    assert.ok(units.includes(fieldConfig.defaults.unit), `${name}: ${fieldConfig.defaults.unit}`);
  }
});

test('no question is asked twice, and no panel lies over another', () => {
  for (const {title, panels} of dashboards) {
    const questions = panels.map((panel) => panel.title);
    assert.equal(new Set(questions).size, questions.length, title);
    const cells = panels.flatMap(({gridPos: {x, y, w, h}}) =>
      Array.from({length: w * h}, (_, cell) => `${x + cell % w},${y + Math.floor(cell / w)}`));
    assert.equal(new Set(cells).size, cells.length, title);
    assert.ok(panels.every(({gridPos: {x, w}}) => x + w <= 24), title);
  }
});

test('dashboards have a tenant, a window, and where it applies a channel or a service', () => {
  const names = Object.fromEntries(dashboards.map(({uid, templating}) => [uid, templating.list.map(({name}) => name)]));
  for (const list of Object.values(names)) for (const name of ['datasource', 'tenant', 'window']) assert.ok(list.includes(name));
  for (const uid of ['rapport-happiness', 'rapport-response-times']) assert.ok(names[uid].includes('channel'));
  assert.ok(names['rapport-operation'].includes('job'));
  for (const {uid, templating, panels} of dashboards) {
    const asked = JSON.stringify(panels);
    for (const {name} of templating.list) {
      assert.ok(asked.includes(`$${name}`) || asked.includes(`\${${name}}`), `${uid}: ${name} is not used`);
    }
  }
});

test('promtool takes every query for PromQL', async (t) => {
  const file = path.join(temporaryFolder(t), 'panels.yaml');
  const rules = queries.map(({expr}, index) => ({record: `panel:query:${index}`, expr}));
  fs.writeFileSync(file, yaml.stringify({groups: [{name: 'panels', rules}]}));
  await run('promtool', ['check', 'rules', file]);
});

test('provisioning gives dashboards the datasource that they ask for', () => {
  const read = (file) => yaml.parse(fs.readFileSync(path.join(grafana, 'provisioning', file), 'utf8'));
  const [{uid}] = read('datasources/prometheus.yaml').datasources;
  for (const {templating} of dashboards) {
    assert.equal(templating.list.find(({name}) => name === 'datasource').current.value, uid);
  }
  const [{options}] = read('dashboards/rapport.yaml').providers;
  assert.ok(fs.readFileSync(path.join(grafana, 'README.md'), 'utf8').includes(options.path));
});
