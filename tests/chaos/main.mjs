// The command: options, progress and the table. --help tells what it does.
import fs from 'node:fs';
import {parseArgs} from 'node:util';
import {binaries, run} from '../e2e/harness.mjs';
import {stores} from './deployment.mjs';
import {faults, kindsOn, plan} from './faults.mjs';
import {services, trial} from './trial.mjs';

const options = {
  store: {type: 'string', default: 'all'},
  seconds: {type: 'string'},
  minutes: {type: 'string'},
  seed: {type: 'string'},
  rounds: {type: 'string', default: '1'},
  services: {type: 'string', default: Object.keys(services).join(',')},
  clients: {type: 'string', default: '6'},
  rate: {type: 'string', default: '200'},
  faults: {type: 'string', default: 'all'},
  build: {type: 'string'},
  output: {type: 'string', default: 'table'},
  'self-test': {type: 'boolean', default: false},
  keep: {type: 'boolean', default: false},
  verbose: {type: 'boolean', default: false},
  'own-network': {type: 'boolean', default: false},
  help: {type: 'boolean', short: 'h', default: false},
};

const usage = () => `Usage: tests/chaos/run [OPTIONS]

Writes numbered events through gRPC from several clients while services, Redis and connections are killed, stopped and
cut, and then looks whether each service counts every acknowledged event exactly once, and nothing else.

  --store=NAME          ${Object.keys(stores).join(', ')} or all (default), one after the other
  --seconds=N           how long faults happen on each store; or --minutes=N. Default: 60 seconds
  --seed=N              decides the faults, their times and the events; default: any. The first line names it
  --rounds=N            repeat with the next N - 1 seeds too
  --services=A,B        default: ${options.services.default}
  --clients=N           of each service, in turns unary (ratings), batches and streams; default ${options.clients.default}
  --rate=N              most new events a second of each service; default ${options.rate.default}
  --faults=A,B          only these, by name or a part of it such as kill, redis or service; none: without faults
  --build=FOLDER        of the binaries; default: build/release, or RAPPORT_BUILD
  --output=table|json
  --verbose             tell the schedule before and each fault when it happens
  --keep                keep the folder of logs and data also when nothing is wrong
  --self-test           show that losses are found: the same on a Redis that keeps nothing. Fails if none is
  --help                this text

Faults:
${Object.entries(faults).map(([kind, {text, on, drops}]) => `  ${kind.padEnd(16)}${text}${on.length < 4 ? `; on ${on.join(', ')}` : ''}${drops ? '; needs the right to make a network namespace' : ''}`).join('\n')}

Exit code: 0 all counted once, 1 something is wrong, 2 wrong options. What is wrong is told with the faults around it and the
folder of all logs. tests/chaos/README.md tells how to read that.
`;

class WrongOption extends Error {}
class Ended extends Error {}

function wholeNumber(name, text, least) {
  if (!/^\d+$/.test(text) || Number(text) < least) throw new WrongOption(`--${name}: ${text} is no whole number from ${least}; give one`);
  return Number(text);
}

function someOf(name, text, known) {
  const names = text.split(',');
  const wrong = names.find((each) => !known.includes(each));
  if (wrong !== undefined) throw new WrongOption(`--${name}: ${wrong} is not known; take some of ${known.join(', ')}`);
  return names;
}

function parse() {
  let values;
  try {
    ({values} = parseArgs({options}));
  } catch (error) {
    throw new WrongOption(error.message);
  }
  const parts = Object.keys(faults).flatMap((kind) => [kind, ...kind.split('-')]);
  const length = values.minutes ? wholeNumber('minutes', values.minutes, 1) * 60 : wholeNumber('seconds', values.seconds ?? '60', 1);
  return {
    ...values,
    length,
    stores: values.store === 'all' ? Object.keys(stores) : someOf('store', values.store, [...Object.keys(stores), 'all']),
    services: someOf('services', values.services, Object.keys(services)),
    wanted: values.faults === 'none' ? [] : someOf('faults', values.faults, ['all', ...new Set(parts)]),
    seed: values.seed === undefined ? Math.floor(Math.random() * 1e6) : wholeNumber('seed', values.seed, 0),
    rounds: wholeNumber('rounds', values.rounds, 1),
    clients: wholeNumber('clients', values.clients, 1),
    rate: wholeNumber('rate', values.rate, 1),
    output: someOf('output', values.output, ['table', 'json'])[0],
  };
}

const note = (text) => process.stderr.write(`${text}\n`);

// A line on a terminal that is written over.
const live = process.stderr.isTTY;
function progress(text) {
  if (live) process.stderr.write(`\r\x1b[K${text}`);
}

// Packets are only ever dropped in a network of our own.
const mayDrop = async (ownNetwork) => ownNetwork && run('iptables', ['--wait', '--list', 'INPUT']).then(() => true, () => false);

const describe = ({at, seconds, kind, target}) => `${at.toFixed(1)} s: ${kind} for ${seconds} s (target ${target.toFixed(2)})`;

async function runStore(settings, store, seed, signal) {
  const kinds = kindsOn(store, settings.wanted, settings.mayDrop);
  if (settings.verbose) for (const fault of plan({seed, store, seconds: settings.length, kinds})) note(`${store} ${describe(fault)}`);
  let fault = '';
  const watch = ({fault: begun, ledgers, second}) => {
    if (begun) {
      fault = `${begun.kind} of ${begun.on}`;
      if (settings.verbose) note(`${store} ${fault} for ${begun.seconds} s`);
    } else {
      const counts = ledgers.map(({service, acknowledged}) => `${service.kind} ${acknowledged}`);
      progress(`${store} ${second.toFixed(0)}/${settings.length} s: acknowledged ${counts.join(', ')}; ${fault}`);
    }
  };
  const row = await trial({
    store, seed, seconds: settings.length, kinds, services: settings.services, clients: settings.clients, rate: settings.rate,
    safe: !settings['self-test'], keep: settings.keep, watch, signal});
  progress('');
  return row;
}

const listed = (counts) => Object.entries(counts).map(([name, n]) => `${name} ${n}`).join(', ') || 'none';

function showTable(rows) {
  const columns = {
    store: ({store}) => store,
    seed: ({seed}) => seed,
    seconds: ({seconds}) => seconds,
    acknowledged: ({acknowledged}) => Object.values(acknowledged).reduce((a, b) => a + b, 0),
    'sent again': ({retried}) => Object.values(retried).reduce((a, b) => a + b, 0),
    faults: ({faults}) => Object.values(faults).reduce((a, b) => a + b, 0),
    lost: ({lost}) => lost,
    doubled: ({doubled}) => doubled,
    'otherwise wrong': ({wrong}) => wrong,
    'longest silence': ({longest_gap_seconds}) => `${longest_gap_seconds.toFixed(1)} s`,
  };
  const table = [Object.keys(columns), ...rows.map((row) => Object.values(columns).map((valueOf) => String(valueOf(row))))];
  const widths = table[0].map((_, i) => Math.max(...table.map((line) => line[i].length)));
  for (const line of table) console.log(line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '));
  console.log();
  for (const {store, seed, acknowledged, faults, retried} of rows) {
    console.log(`${store} ${seed}: events ${listed(acknowledged)}; faults ${listed(faults)}; sent again ${listed(retried)}`);
  }
}

function showProblems(rows) {
  for (const {store, seed, problems, folder} of rows) {
    if (folder) note(`\n${store} with seed ${seed}: logs, data and report are in ${folder}`);
    for (const problem of problems) note(`  ${problem}`);
  }
}

function commandFor(settings, seed) {
  const given = ['store', 'services', 'clients', 'rate', 'faults'].filter((name) => String(settings[name]) !== options[name].default);
  return ['tests/chaos/run', ...given.map((name) => `--${name}=${settings[name]}`), `--seconds=${settings.length}`, `--seed=${seed}`,
    ...(settings['self-test'] ? ['--self-test'] : [])].join(' ');
}

async function main() {
  const settings = parse();
  if (settings.help) return console.log(usage());
  if (settings['self-test']) Object.assign(settings, {stores: ['redis'], wanted: ['kill-redis']});
  for (const file of Object.values(binaries)) {
    if (!fs.existsSync(file)) throw new WrongOption(`${file} is missing; build it (tests/run) or say where it is with --build`);
  }
  settings.mayDrop = await mayDrop(settings['own-network']);
  const wanted = new Set(settings.stores.flatMap((store) => kindsOn(store, settings.wanted, true)));
  const dropping = [...wanted].filter((kind) => faults[kind].drops);
  if (!settings.mayDrop && dropping.length > 0) note(`left out: ${dropping.join(', ')}: no right to make a network namespace and use iptables in it; run as root`);
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopping.abort(new Ended(`ended by ${signal}`)));

  const rows = [];
  for (let seed = settings.seed; seed < settings.seed + settings.rounds; ++seed) {
    note(`seed ${seed}; again: ${commandFor(settings, seed)}`);
    for (const store of settings.stores) rows.push(await runStore(settings, store, seed, stopping.signal));
  }
  if (settings.output === 'json') console.log(JSON.stringify(rows, null, 2));
  else showTable(rows);
  if (settings['self-test']) {
    const found = rows.some(({lost}) => lost > 0);
    console.log(found ? 'Losses on a Redis that keeps nothing are found.' : 'FAILED: a Redis that keeps nothing lost events, and it was not noticed.');
    for (const {folder} of rows) if (found && folder) fs.rmSync(folder, {recursive: true});
    return process.exitCode = found ? 0 : 1;
  }
  showProblems(rows);
  if (rows.some(({problems}) => problems.length > 0)) process.exitCode = 1;
}

main().then(() => process.exit(), (error) => {
  note(error instanceof WrongOption ? `${error.message}. See tests/chaos/run --help.` : error instanceof Ended ? error.message : error.stack);
  process.exit(error instanceof WrongOption ? 2 : 1);
});
