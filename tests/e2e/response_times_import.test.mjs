import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {promisify} from 'node:util';
import {binaries, root, run, startResponseTimes, temporaryFolder} from './harness.mjs';

const data = process.env.RAPPORT_TEST_DATA ?? path.join(root, '../shared/data');
const incidents = path.join(data, 'incident_servicenow/incident_event_log.zip');
const skip = fs.existsSync(incidents) ? false : 'no data set incident_servicenow in $RAPPORT_TEST_DATA or ../shared/data';

// Unzips the incidents into the command line, in one shell command. Rows are rejected, so that it ends with 3.
async function importIncidents(times, rejects) {
  const script = `unzip -p "$0" | "$1" conversations import - --server="$2" --event-column=ident_state --opened-at=opened_at \
      --map=event_id=sys_mod_count+ident_state,conversation_id=number,customer_id=caller_id,agent_id=assigned_to \
      --map=occurred_at=sys_updated_at,sequence=sys_mod_count \
      --events='New=-,Resolved=AGENT_MESSAGE+RESOLVED,Closed=AGENT_MESSAGE+RESOLVED,*=AGENT_MESSAGE' \
      --time-format='%d/%m/%Y %H:%M' --time-zone=UTC --rejects="$3" --output=json`;
  const error = await promisify(execFile)('sh', ['-c', script, incidents, binaries.cli, times.address, rejects])
      .then(() => assert.fail('some rows are earlier than the opening'), (failure) => failure);
  assert.equal(error.code, 3, error.stderr);
  return JSON.parse(error.stdout);
}

async function queryYears(times) {
  const {stdout} = await run(binaries.cli, [
    'conversations', 'query', `--server=${times.address}`, '--from=2016-01-01', '--to=2018-01-01', '--output=json',
    '--quantiles=0.5,0.85,0.9,0.95,0.99', '--within=1h,6h',
  ]);
  return stdout;
}

test('real incidents are imported in one command, and the quantiles of the first answer are right', {skip}, async (t) => {
  const times = await startResponseTimes(t);
  const rejects = path.join(temporaryFolder(t), 'rejects.csv');
  const report = await importIncidents(times, rejects);
  assert.deepEqual([report.read, report.created, report.ignored, report.rejected, report.opened].map(Number),
      [141_712, 105_303, 36_407, 2, 24_918]);
  const rejected = fs.readFileSync(rejects, 'utf8');
  for (const incident of ['0000131', '0000135']) assert.match(rejected, new RegExp(`before .opened_at.*"${incident}"`));

  const answer = await queryYears(times);
  const [figures] = JSON.parse(answer).totals[0].times;
  const close = (actual, wanted) => assert.ok(Math.abs(actual / wanted - 1) <= 0.01, `${actual} instead of ${wanted}`);
  // Two incidents were answered before they were opened; with that row rejected, their next answer counts.
  assert.equal(Number(figures.answered_count), 24_916 + 2);
  const hours = {0.5: 0.35, 0.85: 47.82, 0.9: 93.41, 0.95: 183.9, 0.99: 618.3};
  for (const {quantile, answered} of figures.quantiles) close(answered.value / 3600, hours[quantile]);
  figures.within.forEach(({within}, i) => close(within.value, [0.594, 0.711][i]));

  const again = await importIncidents(times, rejects);
  assert.deepEqual([again.created, again.replaced, again.duplicate, again.rejected].map(Number), [0, 0, 105_303, 2]);
  assert.equal(await queryYears(times), answer);
});
