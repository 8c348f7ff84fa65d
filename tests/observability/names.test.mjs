// What rules and dashboards speak of exists.
import assert from 'node:assert/strict';
import test from 'node:test';
import {definitions, series} from './definitions.mjs';
import {namesIn, syntaxErrors} from './promql.mjs';
import {dashboards, queries, recordings, rules} from './rules.mjs';

const known = series();
const labels = new Set([...known.values()].flat());

// What a recording rule makes has the labels that its name begins with, as in tenant_scale:...
for (const {record} of recordings) known.set(record, record.split(':')[0].split('_'));

function unknownNames(expr) {
  const {selectors, labels: grouping} = namesIn(expr);
  return [
    ...selectors.filter(({metric}) => !known.has(metric)).map(({metric}) => `metric ${metric}`),
    ...selectors.filter(({metric}) => known.has(metric)).flatMap(
        ({metric, labels: matched}) =>
          matched.filter((label) => !known.get(metric).includes(label)).map((label) => `${metric}{${label}}`)),
    ...grouping.filter((label) => !labels.has(label)).map((label) => `label ${label}`),
  ];
}

test('a misspelt metric, matcher or grouping is found', () => {
  const wrong = 'sum by (tenannt) (rapport_ratingz_total) + rapport_ready{tenant="a"}';
  assert.deepEqual(unknownNames(wrong), ['metric rapport_ratingz_total', 'rapport_ready{tenant}', 'label tenannt']);
  assert.equal(syntaxErrors('sum(rapport_ready').length, 1);
});

test('every metric is defined once', () => {
  const names = definitions().map(({name}) => name);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.length > 50);
});

test('rules are PromQL, and name metrics and labels that exist', () => {
  for (const {alert, record, expr} of rules) {
    assert.deepEqual([...syntaxErrors(expr), ...unknownNames(expr)], [], alert ?? record);
  }
});

test('panels are PromQL, and name metrics and labels that exist', () => {
  for (const {name, expr} of queries) assert.deepEqual([...syntaxErrors(expr), ...unknownNames(expr)], [], name);
});

test('legends name labels that the query keeps', () => {
  for (const {title, panels} of dashboards) {
    for (const {title: panel, targets = []} of panels) {
      for (const {expr, legendFormat = ''} of targets) {
        const kept = [...namesIn(expr).labels, ...namesIn(expr).selectors.flatMap(({metric}) => known.get(metric) ?? [])];
        for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
          assert.ok(kept.includes(label), `${title}: ${panel}: no ${label} in ${expr}`);
        }
      }
    }
  }
});

test('variables take their values from metrics and labels that exist', () => {
  for (const {title, templating} of dashboards) {
    for (const {name, type, query} of templating.list) {
      if (type !== 'query') continue;
      const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(query.query);
      assert.ok(known.get(metric)?.includes(label), `${title}: ${name}`);
    }
  }
});

test('every metric of the services stands on a dashboard or in a rule', () => {
  const used = new Set([...rules, ...queries].flatMap(({expr}) => namesIn(expr).selectors.map(({metric}) => metric)));
  const missing = definitions().filter(({name}) => !['', '_bucket', '_count'].some((end) => used.has(name + end)));
  assert.deepEqual(missing.map(({name}) => name), []);
});
