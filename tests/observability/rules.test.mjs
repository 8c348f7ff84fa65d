import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {binaries, root, run} from '../e2e/harness.mjs';
import {alerts, prometheus, ruleFiles, ruleTests} from './rules.mjs';

test('promtool takes the configuration for local use and the rules', async () => {
  await run('promtool', ['check', 'config', path.join(prometheus, 'prometheus.yml')]);
  await run('promtool', ['check', 'rules', '--lint-fatal', ...ruleFiles]);
});

test('every alert fires when it should and not when it should not', async () => {
  await run('promtool', ['test', 'rules', ...ruleTests], {timeout: 300_000});
});

test('every alert has such cases', () => {
  const cases = ruleTests.map((file) => fs.readFileSync(file, 'utf8')).join('\n');
  for (const {alert} of alerts) assert.match(cases, new RegExp(`ALERTS\\{alertname=~?"${alert.replace(/(Fast|Slowly)$/, '(\\.\\*|$1)')}"`), alert);
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

// The groups of commands that the program has.
async function groups() {
  const {stdout} = await run(binaries.cli, ['--help']);
  return [.../^Subcommands:\n([^]*?)\n\n/m.exec(stdout)[1].matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name);
}

test('the commands of runbooks exist', async (t) => {
  const commands = alerts.flatMap(({annotations}) => [...annotations.runbook.matchAll(/`(?:time )?rapport ([^`]*)`/g)].map(([, command]) => command));
  const known = await groups();
  const helps = new Map();
  for (const command of new Set(commands)) {
    const flags = command.match(/--[a-z-]+/g) ?? [];
    const words = command.split(' ').filter((word) => /^[a-z-]+$/.test(word) && !word.startsWith('--'));
    if (!helps.has(words[0] + words[1])) {
      assert.ok(known.includes(words[0]), command);
      const {stdout} = await run(binaries.cli, [...words.slice(0, 2), '--help']);
      helps.set(words[0] + words[1], stdout + (await run(binaries.cli, ['--help'])).stdout);
    }
    for (const flag of flags) assert.ok(helps.get(words[0] + words[1]).includes(flag), `${command}: ${flag}`);
  }
});
