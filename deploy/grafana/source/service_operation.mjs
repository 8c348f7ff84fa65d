import {dashboard, job, lines, row, stat, table, tenant, window} from './panels.mjs';

const where = 'job=~"$job"';
const rate = (metric, by, more = '') => `sum by (${by}) (rate(${metric}{${where}${more}}[$__rate_interval]))`;
const quantile = (q, metric, by, more = '') => `histogram_quantile(${q}, ${rate(`${metric}_bucket`, `${by}, le`, more)})`;
const gauge = (metric, by = 'job, instance') => `max by (${by}) (${metric}{${where}})`;
const filled = (used, capacity) => `max by (job, instance) (${used}{${where}} / ${capacity}{${where}})`;
const lag = (job) =>
  `histogram_quantile(0.5, sum by (tenant, le) (increase(rapport_${job}_ingest_lag_seconds_bucket{${where}, tenant=~"$tenant"}[$window])))`;
const events = (job) =>
  `sum by (outcome) (increase(rapport_${job}_total{${where}, tenant=~"$tenant"}[$window])) > 0`;
const eachReplica = '{{job}} {{instance}}';
const failures = 'ABORTED|DATA_LOSS|DEADLINE_EXCEEDED|INTERNAL|UNAVAILABLE|UNKNOWN';

export default dashboard(
    'rapport-operation', 'Service operation', 'Whether the services do their work: calls, queues, store, drain.', 'now-6h',
    [job('rapport_build_info'), tenant('rapport_ratings_events_total'), window('What events and lags look back on; rates take the width of a point')],
    row('Now',
        stat('How many replicas are ready?', 'Replicas ready for calls, by service.', 'short',
             {'{{job}}': `sum by (job) (rapport_ready{${where}})`}, {width: 5, decimals: 0, steps: {0: 'red', 1: 'green'}}),
        stat('What share of calls fails?', `Calls of the last five minutes that ended with ${failures.replaceAll('|', ', ')}.`, 'percentunit',
             {'{{job}}': `job:rapport_rpc_failures:ratio5m{${where}}`}, {width: 5, steps: {0: 'green', 0.001: 'orange', 0.0144: 'red'}}),
        stat('How fast is the budget of failures used up?',
             'Failures of the last hour over the budget of 0.1 %: 1 uses a month\'s budget in a month, 14.4 in two days.', 'short',
             {'{{job}}': `job:rapport_rpc_failures:ratio1h{${where}} / 0.001`}, {width: 5, decimals: 1, steps: {0: 'green', 1: 'orange', 14.4: 'red'}}),
        stat('Could the store lose data?', 'Settings of the store under which acknowledged data could be lost; the log names them.', 'short',
             {'{{job}}': gauge('rapport_store_unsafe_settings', 'job')}, {decimals: 0, steps: {0: 'green', 1: 'red'}}),
        stat('Are the credentials in use those on disk?', '1 while the file is in use; 0 while it is broken and an earlier one is used. No data without --credentials.',
             'short', {[eachReplica]: gauge('rapport_credentials_valid')}, {width: 5, decimals: 0, steps: {0: 'red', 1: 'green'}})),
    row('Calls',
        lines('How many calls are answered?', 'Finished calls a second, by RPC. A stream is one call.', 'reqps',
              {'{{rpc}}': rate('rapport_rpc_requests_total', 'rpc')}, {width: 8, stacked: true}),
        lines('How do calls end?', 'Finished calls a second, by gRPC status code.', 'reqps',
              {'{{job}} {{code}}': rate('rapport_rpc_requests_total', 'job, code')}, {width: 8}),
        lines('How long do calls take?', '99th percentile of the time from arrival to answer, by RPC; streams last as long as they are open.', 's',
              {'{{rpc}}': quantile(0.99, 'rapport_rpc_duration_seconds', 'rpc')}, {width: 8}),
        lines('Does the budget of failures last?', 'Share of failed calls over an hour, six hours and three days, beside the budget of 0.1 %.',
              'percentunit', {
                '{{job}} 1 h': `job:rapport_rpc_failures:ratio1h{${where}}`,
                '{{job}} 6 h': `job:rapport_rpc_failures:ratio6h{${where}}`,
                '{{job}} 3 d': `job:rapport_rpc_failures:ratio3d{${where}}`,
                'budget': 'vector(0.001)',
              }),
        lines('Who is sent away?', 'Refusals a second: tenants above their rate, by what was limited, and tasks for which the executor had no room.',
              'reqps', {
                '{{job}} limit of {{limit}}': rate('rapport_rate_limited_total', 'job, limit'),
                '{{job}} executor full': rate('rapport_executor_refused_total', 'job'),
              })),
    row('Queues',
        lines('How full is the write queue?', 'Events accepted and not yet acknowledged, over what the queue holds. When it is full, calls are refused.',
              'percentunit', {[eachReplica]: filled('rapport_write_queue_events', 'rapport_write_queue_capacity_events')},
              {width: 8, max: 1, steps: {0: 'green', 0.8: 'red'}}),
        lines('How full is the executor?', 'Tasks that wait for a thread, over what the queue holds.', 'percentunit',
              {[eachReplica]: filled('rapport_executor_queue_tasks', 'rapport_executor_queue_capacity_tasks')},
              {width: 8, max: 1, steps: {0: 'green', 0.8: 'red'}}),
        lines('How many threads are busy?', 'Threads of the executor that run a task.', 'short',
              {[eachReplica]: gauge('rapport_executor_busy_threads')}, {width: 8}),
        lines('How many events share a commit?', 'Events per commit of the write path, the middle and the large end: large batches are what makes a store fast.', 'short', {
          '{{job}} p50': quantile(0.5, 'rapport_write_batch_events', 'job'),
          '{{job}} p95': quantile(0.95, 'rapport_write_batch_events', 'job'),
        }, {width: 8}),
        lines('Do replicas get in each other\'s way?', 'Mutations planned again because another writer was faster, for each commit.', 'short',
              {'{{job}}': `${rate('rapport_write_conflicts_total', 'job')} / (${rate('rapport_write_commits_total', 'job')} > 0)`}, {width: 8}),
        lines('How many calls are being answered?', 'Calls in flight, by service and replica; while a replica drains they go to 0.', 'short',
              {[eachReplica]: `sum by (job, instance) (rapport_rpc_in_flight{${where}})`}, {width: 8})),
    row('Store',
        lines('How many operations does the store do?', 'Operations a second, by kind.', 'ops',
              {'{{job}} {{operation}}': rate('rapport_store_operation_duration_seconds_count', 'job, operation')}, {width: 8}),
        lines('How long does the store take?', '99th percentile of the time of an operation, by kind.', 's',
              {'{{job}} {{operation}}': quantile(0.99, 'rapport_store_operation_duration_seconds', 'job, operation')}, {width: 8}),
        lines('Does the store fail?', 'Failed operations a second, by kind; version conflicts are not failures.', 'ops',
              {'{{job}} {{operation}}': rate('rapport_store_errors_total', 'job, operation')}, {width: 8})),
    row('Events',
        lines('What becomes of ratings and surveys?', 'Ratings and surveys received in the window before each moment, by outcome.', 'short',
              {'{{outcome}}': events('ratings_events')}, {width: 8, stacked: true}),
        lines('What becomes of conversation events?', 'Conversation events received in the window before each moment, by outcome.', 'short',
              {'{{outcome}}': events('response_times_events')}, {width: 8, stacked: true}),
        lines('What becomes of activities?', 'Activities received in the window before each moment, by outcome.', 'short',
              {'{{outcome}}': events('churn_activities')}, {width: 8, stacked: true}),
        lines('How late do ratings come?', 'Median time from event to record in the window before each moment; imports of history are late by nature.', 's',
              {'{{tenant}}': lag('ratings')}, {width: 8}),
        lines('How late do conversation events come?', 'Median time from event to record in the window before each moment; imports of history are late by nature.', 's',
              {'{{tenant}}': lag('response_times')}, {width: 8}),
        lines('How late do activities come?', 'Median time from event to record in the window before each moment; imports of history are late by nature.', 's',
              {'{{tenant}}': lag('churn')}, {width: 8})),
    row('Processes and drain',
        lines('Is each replica ready?', '1 while a replica takes calls. A drain shows as 0 before the process ends.', 'short',
              {[eachReplica]: `rapport_ready{${where}}`}, {width: 8, max: 1}),
        stat('How long has each replica run?', 'Time since its start: a short one is a restart.', 's',
             {[eachReplica]: `time() - process_start_time_seconds{${where}}`}, {width: 8, height: 8}),
        table('Which versions run?', 'The version of each replica.', 'none', gauge('rapport_build_info', 'job, instance, version'), {width: 8}),
        lines('How much processor time is used?', 'Cores in use by each replica.', 'short',
              {[eachReplica]: rate('process_cpu_seconds_total', 'job, instance')}, {width: 6}),
        lines('How much memory is used?', 'Resident memory of each replica.', 'bytes', {[eachReplica]: gauge('process_resident_memory_bytes')}, {width: 6}),
        lines('Are there file descriptors left?', 'Open file descriptors over the most that a replica may have.', 'percentunit',
              {[eachReplica]: filled('process_open_fds', 'process_max_fds')}, {width: 6, max: 1}),
        lines('How many threads are there?', 'Threads of each replica.', 'short', {[eachReplica]: gauge('process_threads')}, {width: 6}),
        lines('Were credentials read again?', 'Attempts to read the credentials file in the window before each moment, by outcome. No data without --credentials.',
              'short', {'{{job}} {{outcome}}': `sum by (job, outcome) (increase(rapport_credentials_reloads_total{${where}}[$window]))`}, {width: 24})));
