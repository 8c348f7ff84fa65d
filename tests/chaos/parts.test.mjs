import assert from 'node:assert/strict';
import test from 'node:test';
import {compareFigures, compareLists} from './check.mjs';
import {churn} from './churn.mjs';
import {stores} from './deployment.mjs';
import {faults, kindsOn, plan} from './faults.mjs';
import {Ledger, blockSize, storyOf} from './ledger.mjs';
import {ratings} from './ratings.mjs';
import {responseTimes} from './response_times.mjs';

const everything = Object.keys(faults);
const planOf = (seed, store = 'cluster') => plan({seed, store, seconds: 600, kinds: kindsOn(store, ['all'], true)});

test('the same seed plans the same faults, another one others', () => {
  assert.deepEqual(planOf(7), planOf(7));
  assert.notDeepEqual(planOf(7), planOf(8));
});

test('every fault of a store comes up, and those of Redis one after the other', () => {
  for (const store of Object.keys(stores)) {
    const schedule = planOf(1, store);
    assert.deepEqual(new Set(schedule.map(({kind}) => kind)), new Set(kindsOn(store, ['all'], true)));
    for (const lane of ['services', 'store']) {
      const own = schedule.filter((fault) => fault.lane === lane);
      for (let i = 1; i < own.length; ++i) assert.ok(own[i].at >= own[i - 1].at + own[i - 1].seconds);
    }
  }
});

test('faults are chosen by name or by a part of it, and none that drops packets without the right to', () => {
  assert.deepEqual(kindsOn('rocksdb', ['kill'], true), ['kill-service', 'kill-all']);
  assert.deepEqual(kindsOn('redis', ['stop-redis'], true), ['stop-redis']);
  assert.ok(kindsOn('cluster', everything, true).includes('split-redis'));
  assert.ok(!kindsOn('cluster', everything, false).includes('split-redis'));
});

// A ledger to which `blocks` of events were acknowledged, each message once.
function acknowledgedTo(service, blocks) {
  const ledger = new Ledger(service, 5);
  const outcomes = {first: 'CREATED', again: 'DUPLICATE', correction: 'REPLACED', deletion: 'REPLACED', late: 'SUPERSEDED', erased: 'ERASED'};
  const acknowledge = (sending) => {
    while (sending) sending = ledger.acknowledge(sending, [`OUTCOME_${outcomes[sending.what]}`], 'a client');
  };
  for (let i = 0; i < blocks * blockSize; ++i) acknowledge(ledger.begin());
  for (let erasure; (erasure = ledger.erasures.pop());) {
    const sending = ledger.erase(erasure);
    if (sending instanceof Object) acknowledge(sending);
  }
  return ledger;
}

for (const service of [ratings, responseTimes, churn]) {
  test(`of ${service.kind}, any event too few or too many is seen`, () => {
    const ledger = acknowledgedTo(service, 30);
    const all = ledger.counting();
    assert.deepEqual(ledger.findings, []);
    assert.equal(ledger.open, 0);
    assert.ok(all.length > 20 * blockSize && all.length < 30 * blockSize);  // some were erased
    const events = all.slice(0, blockSize);
    const differences = (some, others) => [
      ...compareLists(service.expectedList(some), service.expectedList(others)),
      ...compareFigures(service.expectedFigures(some), service.expectedFigures(others)),
    ];
    assert.deepEqual(differences(events, events), []);
    // A customer without conversion has no figures.
    for (const [i] of events.entries()) {
      if (events[i].converted) continue;
      const fewer = events.toSpliced(i, 1);
      assert.ok(differences(events, fewer).length > 0, JSON.stringify(events[i]));
      assert.ok(differences(fewer, events).length > 0, JSON.stringify(events[i]));
    }
  });
}

test('a list tells what is missing, there twice, not as acknowledged, or should not be there', () => {
  const findings = compareLists([['a', '1'], ['b', '1'], ['c', '1']], [['b', '1'], ['b', '1'], ['c', '2'], ['d', '1']]);
  assert.deepEqual(findings.map(({kind, id}) => [kind, id]), [['doubled', 'b'], ['wrong', 'c'], ['wrong', 'd'], ['lost', 'a']]);
});

test('figures tell what was counted too seldom and too often', () => {
  const findings = compareFigures(new Map([['a', 2], ['b', 1]]), new Map([['a', 1], ['b', 1], ['c', 1]]));
  assert.deepEqual(findings.map(({kind, text}) => [kind, text[0]]), [['lost', 'a'], ['doubled', 'c']]);
});

test('an answer that forgets what was acknowledged before is a loss', () => {
  const ledger = new Ledger(ratings, 5);
  let sending = ledger.begin();
  while (storyOf(ratings, 5, sending.number).length < 2) {
    ledger.acknowledge(sending, ['OUTCOME_CREATED'], 'a client');
    sending = ledger.begin();
  }
  const next = ledger.acknowledge(sending, ['OUTCOME_CREATED'], 'a client');
  ledger.acknowledge(next, ['OUTCOME_CREATED'], 'a client');
  assert.deepEqual(ledger.findings.map(({kind, number}) => [kind, number]), [['lost', sending.number]]);
});

test('two copies that are both new are counted twice', () => {
  const ledger = new Ledger(ratings, 5);
  ledger.acknowledge(ledger.begin(), ['OUTCOME_CREATED', 'OUTCOME_CREATED'], 'a client');
  assert.deepEqual(ledger.findings.map(({kind}) => kind), ['doubled']);
});
