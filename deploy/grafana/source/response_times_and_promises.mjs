import {bars, channel, clock, counted, dashboard, heatmap, lines, measured, row, share, stat, tenant, window} from './panels.mjs';

const where = 'tenant=~"$tenant", channel=~"$channel"';
const buckets = (le = '') =>
  `tenant_channel_clock_metric_le:rapport_response_time_seconds_bucket:increase5m{${where}, clock="$clock", metric="$metric"${le}}`;
// A later Prometheus writes bounds as 3600.0.
const within = (seconds) => buckets(`, le=~"${seconds}(\\\\.0)?"`);
const all = buckets(', le="+Inf"');
const quantile = (q, by = 'le') => `histogram_quantile(${q}, sum by (${by}) (${counted(buckets())}))`;
const bounds = 'Read from buckets of 1, 5, 15 and 60 minutes, 6 hours, 1, 3, 7 and 30 days: between them it is interpolated. Exact to 1 %: rapport conversations query.';

// Gauges are the same on every replica.
const waiting = `max by (tenant, channel) (rapport_backlog_conversations{${where}})`;
const escalations = `sum by (reason) (${counted('tenant_reason:rapport_escalations:increase5m{tenant=~"$tenant"}')}) > 0`;
const open = (state) => `sum (tenant_state:rapport_promises_open:max{tenant=~"$tenant", state="${state}"})`;
const promises = (outcomes) => `tenant_origin_outcome:rapport_promises:increase5m{tenant=~"$tenant", outcome=~"${outcomes}"}`;

export default dashboard(
    'rapport-response-times', 'Response times and promises',
    'How fast customers are answered, what was promised to them and who waits. Times count when they are measured first; corrected figures with intervals: rapport conversations query.',
    'now-7d',
    [
      tenant('rapport_response_time_seconds_count'), channel('rapport_response_time_seconds_count'),
      window('What the figures look back on'), measured, clock,
    ],
    row('Now',
        stat('What share was answered within 1 hour?', 'Of the answers in the window. Those who wait still are not in it.',
             'percentunit', share(within(3600), all), {max: 1}),
        stat('What share was answered within 6 hours?', 'Of the answers in the window. Those who wait still are not in it.',
             'percentunit', share(within(21600), all), {max: 1}),
        stat('On how many answers do the figures stand?', 'Times measured first in the window.', 'short',
             `sum (${counted(all)})`, {decimals: 0}),
        stat('How many wait for us now?', 'Conversations whose next move is ours.', 'short', `sum (${waiting})`, {decimals: 0}),
        stat('How long has the longest waited?', 'Age of the oldest wait.', 's',
             `max (rapport_backlog_oldest_wait_seconds{${where}})`, {steps: {0: 'green', 86400: 'orange', 259200: 'red'}}),
        stat('How many promises break within 15 minutes?', 'Promises not kept that are due within 15 minutes. They can still be kept.',
             'short', open('ABOUT_TO_BREAK'), {decimals: 0, steps: {0: 'green', 1: 'orange', 5: 'red'}})),
    row('Times',
        lines('How does the share answered in time move?', 'Share answered within 1 hour and within 6 hours in the window before each moment.',
              'percentunit',
              {'within 1 h': share(within(3600), all), 'within 6 h': share(within(21600), all)}, {max: 1}),
        lines('How do the percentiles move?', `The middle and the slow end of the window before each moment. ${bounds}`, 's',
              {'p50': quantile(0.5), 'p85': quantile(0.85), 'p95': quantile(0.95), 'p99': quantile(0.99)}),
        heatmap('How are the times spread?', 'Times measured first, by bucket: the whole distribution, not its middle.', 's',
                `sum by (le) (sum_over_time(${buckets()}[$__interval]))`),
        lines('Which channel is answered slowest?', `90th percentile by channel in the window before each moment. ${bounds}`, 's',
              {'{{channel}}': quantile(0.9, 'le, channel')}, {height: 9})),
    row('Waiting',
        lines('Who waits for us?', 'Conversations whose next move is ours, by channel.', 'short',
              {'{{channel}}': `sum by (channel) (${waiting})`}, {stacked: true}),
        lines('Is anybody forgotten?', 'Age of the oldest wait, by channel. After three days the alert RapportWaitsTooLong fires.', 's',
              {'{{channel}}': `max by (channel) (rapport_backlog_oldest_wait_seconds{${where}}) > 0`})),
    row('Promises',
        stat('What share of kept promises was kept in time?',
             'KEPT among KEPT and KEPT_LATE of the window. Promises broken and still not kept are beside it.', 'percentunit',
             share(promises('KEPT'), promises('KEPT|KEPT_LATE')), {height: 8, max: 1}),
        lines('Which promises are open?', 'Pending, due within 15 minutes, and broken within the last 24 hours and still not kept.',
              'short', {'{{state}}': 'sum by (state) (tenant_state:rapport_promises_open:max{tenant=~"$tenant"})'}, {width: 10}),
        lines('What became of promises?', 'Promises kept, kept late and cancelled, by who made them, in the window before each moment.',
              'short',
              {'{{outcome}} {{origin}}': `sum by (outcome, origin) (${counted(promises('.*'))})`},
              {width: 10, stacked: true})),
    row('Anger',
        bars('Why are people angry?', 'Escalations of the window by reason. Events, not customers: few may be loud. By customers: rapport conversations escalations.',
             'short', {'{{reason}}': escalations},
             {width: 12, decimals: 0}),
        lines('Is there more anger than before?', 'Escalations by reason in the window before each moment.', 'short',
              {'{{reason}}': escalations})));
