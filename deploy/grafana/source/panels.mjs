// What dashboards are made of. The functions return what Grafana reads, without places; dashboard() gives these out.

const datasource = {type: 'prometheus', uid: '${datasource}'};

// What was counted within the variable $window, from samples that each hold the count of five minutes.
export const counted = (selector) => `sum_over_time(${selector}[$window])`;
// The part of a whole, both sums of such samples; nothing when there is no whole.
export const share = (part, whole, by = '') =>
  `sum${by && ` by (${by})`} (${counted(part)}) / (sum${by && ` by (${by})`} (${counted(whole)}) > 0)`;

const letters = 'ABCDEFGH';

// `queries`: PromQL, or an object of legend: PromQL.
function targets(queries, fields) {
  const named = typeof queries === 'string' ? {'': queries} : queries;
  return Object.entries(named).map(([legend, expr], index) => ({
    refId: letters[index],
    datasource,
    expr,
    ...(legend && {legendFormat: legend}),
    ...fields,
  }));
}

// Colours by value: the first for what is below all bounds, as {0: 'green', 0.5: 'red'}.
function thresholds(steps) {
  const bounds = Object.keys(steps).map(Number).sort((a, b) => a - b);
  return {
    mode: 'absolute',
    steps: bounds.map((bound, index) => ({value: index === 0 ? null : bound, color: steps[bound]})),
  };
}

function panel(type, title, description, unit, targets, {width, height, steps, min, max, decimals, interval, custom, options}) {
  return {
    type,
    title,
    description,
    datasource,
    size: {width, height},
    ...(interval && {interval}),
    fieldConfig: {
      defaults: {
        unit,
        ...(decimals !== undefined && {decimals}),
        ...(min !== undefined && {min}),
        ...(max !== undefined && {max}),
        ...(steps && {thresholds: thresholds(steps), color: {mode: 'thresholds'}}),
        noValue: 'no data',
        ...(custom && {custom}),
      },
      overrides: [],
    },
    options,
    targets,
  };
}

const lastValue = {reduceOptions: {calcs: ['lastNotNull'], fields: '', values: false}};

// One number for each series, as of the end of the time range.
export const stat = (title, description, unit, queries, more = {}) =>
  panel('stat', title, description, unit, targets(queries, {instant: true, range: false}), {
    width: 4, height: 5, ...more,
    options: {...lastValue, colorMode: more.steps ? 'background' : 'value', graphMode: 'none', textMode: 'auto'},
  });

export const bars = (title, description, unit, queries, more = {}) =>
  panel('bargauge', title, description, unit, targets(queries, {instant: true, range: false}), {
    width: 8, height: 8, min: 0, ...more, options: {...lastValue, displayMode: 'basic', orientation: 'horizontal'},
  });

export const lines = (title, description, unit, queries, more = {}) =>
  panel('timeseries', title, description, unit, targets(queries, {instant: false, range: true}), {
    width: 12, height: 8, min: 0, ...more,
    custom: {
      fillOpacity: more.stacked ? 30 : 0,
      lineWidth: 1,
      showPoints: 'never',
      spanNulls: true,
      stacking: {mode: more.stacked ? 'normal' : 'none', group: 'A'},
      ...(more.steps && {thresholdsStyle: {mode: 'line'}}),
    },
    options: {
      legend: {displayMode: 'list', placement: 'bottom', showLegend: true, calcs: []},
      tooltip: {mode: 'multi', sort: 'desc'},
    },
  });

// Columns are as wide as a sample is long, at least.
export const heatmap = (title, description, unit, query, more = {}) =>
  panel('heatmap', title, description, unit,
        targets({'{{le}}': query}, {instant: false, range: true, format: 'heatmap'}), {
          width: 12, height: 9, interval: '5m', ...more,
          options: {
            calculate: false,
            cellGap: 1,
            color: {mode: 'scheme', scheme: 'Oranges', fill: 'dark-orange', exponent: 0.5, steps: 64, reverse: false},
            yAxis: {unit, axisPlacement: 'left'},
            tooltip: {mode: 'single', yHistogram: true},
          },
        });

// A row for each series, a column for each label.
export const table = (title, description, unit, query, more = {}) => ({
  ...panel('table', title, description, unit, targets(query, {instant: true, range: false, format: 'table'}),
           {width: 12, height: 8, ...more, options: {showHeader: true, frameIndex: 0}}),
  transformations: [{id: 'organize', options: {excludeByName: {Time: true, Value: true}, indexByName: {}, renameByName: {}}}],
});

export const row = (title, ...panels) => ({title, panels});

// Variables

const labelValues = (name, label, description, metric) => ({
  type: 'query',
  name,
  label,
  description,
  datasource,
  query: {query: `label_values(${metric}, ${name})`, refId: 'variable'},
  definition: `label_values(${metric}, ${name})`,
  refresh: 2,
  sort: 1,
  multi: true,
  includeAll: true,
  allValue: '.*',
  current: {selected: true, text: ['All'], value: ['$__all']},
});

const choice = (name, label, description, type, values, first) => ({
  type,
  name,
  label,
  description,
  query: values.join(','),
  options: values.map((value) => ({selected: value === first, text: value, value})),
  current: {selected: true, text: first, value: first},
  ...(type === 'interval' && {auto: false, refresh: 2}),
});

export const tenant = (metric) => labelValues('tenant', 'Tenant', 'Whose customers', metric);
export const channel = (metric) => labelValues('channel', 'Channel', 'Where customers wrote or were asked', metric);
export const job = (metric) => labelValues('job', 'Service', 'Which of the services', metric);
export const window = (description) =>
  choice('window', 'Window', description, 'interval', ['1h', '6h', '1d', '7d', '30d'], '1d');
export const clock = choice('clock', 'Clock', 'Calendar time, or the time within business hours', 'custom',
                            ['CALENDAR', 'BUSINESS'], 'CALENDAR');
export const measured = choice(
    'metric', 'Time', 'What is measured', 'custom',
    ['FIRST_RESPONSE_TIME', 'NEXT_RESPONSE_TIME', 'FIRST_RESOLUTION_TIME', 'FULL_RESOLUTION_TIME'], 'FIRST_RESPONSE_TIME');

const chooseDatasource = {
  type: 'datasource',
  name: 'datasource',
  label: 'Prometheus',
  description: 'Where the metrics are',
  query: 'prometheus',
  regex: '',
  current: {selected: true, text: 'Prometheus', value: 'rapport-prometheus'},
};

// Gives each panel of a row a place from left to right, and the next line when there is no room; 24 columns.
function place(rows) {
  const placed = [];
  let y = 0;
  const add = (panel, width, height, x) => placed.push({id: placed.length + 1, ...panel, gridPos: {h: height, w: width, x, y}});
  for (const {title, panels} of rows) {
    add({type: 'row', title, collapsed: false, panels: []}, 24, 1, 0);
    y += 1;
    let x = 0, line = 0;
    for (const {size: {width, height}, ...panel} of panels) {
      if (x + width > 24) [x, y, line] = [0, y + line, 0];
      add(panel, width, height, x);
      x += width;
      line = Math.max(line, height);
    }
    y += line;
  }
  return placed;
}

export const dashboard = (uid, title, description, from, variables, ...rows) => ({
  uid,
  title,
  description,
  tags: ['rapport'],
  schemaVersion: 38,
  version: 1,
  editable: false,
  graphTooltip: 1,
  timezone: 'browser',
  time: {from, to: 'now'},
  refresh: '1m',
  annotations: {list: []},
  links: [{
    title: 'Rapport', type: 'dashboards', icon: 'external link', tooltip: '', url: '', tags: ['rapport'],
    asDropdown: true, targetBlank: false, includeVars: true, keepTime: true,
  }],
  templating: {list: [chooseDatasource, ...variables]},
  panels: place(rows),
});
