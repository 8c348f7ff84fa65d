import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {binaries, root, run, startRatings, temporaryFolder} from './harness.mjs';
import {groupBy, mean, wilson} from './reference.mjs';

const data = process.env.RAPPORT_TEST_DATA ?? path.join(root, '../shared/data');
const tickets = path.join(data, 'ravenstack_synthetic/ravenstack_supports_ticket.csv');
const skip = fs.existsSync(tickets) ? false : 'no data set ravenstack_synthetic in $RAPPORT_TEST_DATA or ../shared/data';

function importTickets(ratings) {
  return run(binaries.cli, [
    'ratings', 'import', tickets, `--server=${ratings.address}`, '--scale=CSAT_5',
    '--map=rating_id=ticket_id,customer_id=account_id,score=satisfaction_score,occurred_at=closed_at',
    '--time-format=%d-%m-%Y %H:%M', '--time-zone=UTC', '--output=json',
  ]);
}

async function queryMonths(ratings) {
  const {stdout} = await run(binaries.cli, [
    'ratings', 'query', `--server=${ratings.address}`, '--from=2023-01-01', '--to=2026-01-01', '--bucket=MONTH', '--output=json',
  ]);
  return stdout;
}

// The tickets with a score, as {id, score, month}.
function ratedTickets() {
  const [header, ...lines] = fs.readFileSync(tickets, 'utf8').replace(/^\uFEFF/, '').trim().split(/\r?\n/);
  const columns = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [columns[i], value])))
      .filter((ticket) => ticket.satisfaction_score !== '')
      .map((ticket) => {
        const [, , month, year] = /^(\d\d)-(\d\d)-(\d{4}) /.exec(ticket.closed_at);
        return {id: ticket.ticket_id, score: Number(ticket.satisfaction_score), month: `${year}-${month}`};
      });
}

test('tickets are imported by column mapping, and their figures are right', {skip}, async (t) => {
  const ratings = await startRatings(t);
  const rated = ratedTickets();
  const first = JSON.parse((await importTickets(ratings)).stdout);
  assert.equal(Number(first.created), rated.length);
  assert.equal(Number(first.rejected ?? 0), 0);

  const months = await queryMonths(ratings);
  const rows = JSON.parse(months).rows.filter((row) => row.scales?.length);
  const expected = groupBy(rated, (ticket) => ticket.month);
  assert.deepEqual(rows.map((row) => row.bucket.start.slice(0, 7)), [...expected.keys()].sort());
  for (const row of rows) {
    const month = row.bucket.start.slice(0, 7);
    const scores = expected.get(month).map((ticket) => ticket.score);
    const content = scores.filter((score) => score >= 4).length;
    const [figures] = row.scales;
    assert.equal(Number(figures.rating_count), scores.length, month);
    assert.equal(Number(figures.csat.sample_size), scores.length, month);
    for (const [actual, wanted] of [
      [figures.csat.value, content / scores.length],
      [figures.csat.ci_low, wilson(content, scores.length).low],
      [figures.csat.ci_high, wilson(content, scores.length).high],
      [figures.mean.value, mean(scores)],
    ]) {
      assert.ok(Math.abs(actual - wanted) < 1e-9, `${month}: ${actual} instead of ${wanted}`);
    }
  }

  const second = JSON.parse((await importTickets(ratings)).stdout);
  assert.equal(Number(second.duplicate), rated.length);
  assert.equal(Number(second.created ?? 0) + Number(second.replaced ?? 0), 0);
  assert.equal(await queryMonths(ratings), months);
});

test('bad rows are rejected with reasons and the others are imported', async (t) => {
  const ratings = await startRatings(t);
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'ratings.csv');
  const rejects = path.join(folder, 'rejects.csv');
  fs.writeFileSync(file, '\uFEFFid,who,score,when,what\r\n' +
      'r-1,c-1,5,2024-03-05T10:00:00Z,"quoted, with ""quotes"""\r\n' +
      'r-2,c-1,9,2024-03-05T10:00:00Z,off the scale\r\n' +
      'r-3,c-1,4,yesterday,no time\r\n' +
      'r-4,c-1,,2024-03-05T10:00:00Z,not rated\r\n');
  const args = [
    'ratings', 'import', file, `--server=${ratings.address}`, '--scale=CSAT_5', `--rejects=${rejects}`, '--output=json',
    '--map=rating_id=id,customer_id=who,score=score,occurred_at=when,comment=what', '--comment-visibility=ALL',
  ];
  const error = await run(binaries.cli, args).then(() => assert.fail('some rows are bad'), (failure) => failure);
  assert.equal(error.code, 3);
  const report = JSON.parse(error.stdout);
  assert.deepEqual([report.read, report.created, report.rejected].map(Number), [4, 1, 2]);
  const rejected = fs.readFileSync(rejects, 'utf8');
  assert.match(rejected, /score: 9.*r-2/);
  assert.match(rejected, /yesterday.*r-3/);
  const {rating} = await ratings.client().call('GetRating', {rating_id: 'r-1'});
  assert.equal(rating.comment, 'quoted, with "quotes"');
});
