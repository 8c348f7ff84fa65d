import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {binaries, root, run} from '../e2e/harness.mjs';
import {alerts, groups, prometheus, ruleFiles, ruleTests} from './rules.mjs';

test('promtool takes the configuration for local use and the rules', async () => {
  await run('promtool', ['check', 'config', path.join(prometheus, 'prometheus.yml')]);
  await run('promtool', ['check', 'rules', '--lint-fatal', ...ruleFiles]);
});

test('counts tile the time: five minutes that end a minute ago, each five minutes', () => {
  const counts = groups.find(({name}) => name === 'rapport-counts');
  assert.equal(counts.interval, '5m');
  const ofCounters = counts.rules.filter(({expr}) => expr.includes('offset'));
  assert.ok(ofCounters.length > 0);
  for (const {record, expr} of ofCounters) {
    assert.match(expr, /\(\s+(\w+) offset 1m - \1 offset 6m >= 0 or \1 offset 1m < \1 offset 6m\s+\)/, record);
  }
});

test('every alert fires when it should and not when it should not', async () => {
  await run('promtool', ['test', 'rules', ...ruleTests], {timeout: 300_000});
});

test('every alert has such cases', () => {
  const cases = ruleTests.map((file) => fs.readFileSync(file, 'utf8')).join('\n');
  const tested = [...cases.matchAll(/ALERTS\{alertname=~?"([\w.*]+)"/g)].map(([, name]) => new RegExp(`^${name}$`));
  for (const {alert} of alerts) assert.ok(tested.some((name) => name.test(alert)), alert);
});

test('every alert says whom it wakes, what it means and what to do first', () => {
  for (const {alert, labels, annotations} of alerts) {
    assert.match(labels.severity, /^(critical|warning)$/, alert);
    assert.match(labels.team, /^(platform|support|success|data)$/, alert);
    assert.deepEqual(Object.keys(annotations), ['summary', 'description', 'runbook'], alert);
    assert.match(annotations.runbook, /`(time )?rapport /, alert);
  }
});

test('the README lists every alert with its severity', () => {
  const readme = fs.readFileSync(path.join(prometheus, 'README.md'), 'utf8');
  const rows = [...readme.matchAll(/^\| `(Rapport\w+)` \| (\w+) \| (\w+) \| \S.*\|$/gm)].map(([, ...cells]) => cells);
  assert.deepEqual(rows, alerts.map(({alert, labels}) => [alert, labels.severity, labels.team]));
});

// What the program says of a command; an error when there is none.
const help = async (...words) => (await run(binaries.cli, [...words, '--help'])).stdout;

test('the commands of runbooks exist', async () => {
  const runbooks = alerts.map(({annotations}) => annotations.runbook).join('\n');
  const general = await help();
  for (const [, command] of runbooks.matchAll(/`(?:time )?rapport ([^`]*)`/g)) {
    const words = command.split(' ').filter((word) => /^[a-z][a-z-]*$/.test(word)).slice(0, 2);
    const own = await help(...words);
    assert.match(own, new RegExp(`^Usage: rapport ${words.join(' ')} `, 'm'), command);
    for (const flag of command.match(/--[a-z-]+/g) ?? []) assert.ok((own + general).includes(flag), `${command}: ${flag}`);
  }
});
