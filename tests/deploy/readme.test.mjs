import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {root, run, temporaryFolder} from '../e2e/harness.mjs';
import {place, script} from './local.mjs';

const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8');

// The code blocks of a language as written after ```.
function blocks(language) {
  return [...readme.matchAll(/^```(.*)\n([^]*?)^```$/gm)].filter(([, name]) => name === language).map(([, , text]) => text);
}

// A folder that looks like the project but is not, so that commands may leave files.
function scratch(t) {
  const folder = temporaryFolder(t);
  for (const name of ['build', 'deploy', 'protos', 'tests']) fs.symlinkSync(path.join(root, name), path.join(folder, name));
  fs.symlinkSync(path.join(root, 'tests/node_modules'), path.join(folder, 'node_modules'));
  return folder;
}

test('the commands to set up exist and explain themselves', async () => {
  const commands = blocks('sh setup').join('').match(/^\S+/gm);
  assert.deepEqual(commands, ['deploy/local/run', 'tests/run']);
  for (const command of commands) assert.match((await run(path.join(root, command), ['--help'])).stdout, /^Usage:/);
});

test('every other command and the Node program work', async (t) => {
  const {args, ports} = await place(t);
  await run(script, ['--detach', ...args]);
  const here = (text) => text.replaceAll(':50051', `:${ports.grpc}`).replaceAll(':9464', `:${ports.metrics}`)
      .replaceAll(':9465', `:${ports.metrics + 1}`).replaceAll(':9466', `:${ports.metrics + 2}`);
  const options = {cwd: scratch(t), env: {...process.env, RAPPORT_RATINGS_SERVER: `127.0.0.1:${ports.grpc}`,
    RAPPORT_RESPONSE_TIMES_SERVER: `127.0.0.1:${ports.responseTimes}`, RAPPORT_CHURN_SERVER: `127.0.0.1:${ports.churn}`}};

  const commands = blocks('sh').map(here).join('\n');
  const {stdout} = await run('bash', ['-euxo', 'pipefail', '-c', commands], options);
  assert.match(stdout, /created/);
  assert.match(stdout, /heroes/);
  assert.match(stdout, /"ratingId":\s*"T-1"/);
  assert.match(stdout, /first response time/);
  assert.match(stdout, /waiting for us: \d+/);
  assert.match(stdout, /^rapport_backlog_conversations\{channel="EMAIL",tenant="default"\} [1-9]/m);
  assert.match(stdout, /at the greatest risk/);
  assert.match(stdout, /white-papers/);
  assert.match(stdout, /^rapport_churn_customers\{band="RED",tenant="default"\} [1-9]/m);
  assert.match(stdout, /^rapport_ratings_total\{.*HAPPY.*\} [1-9]/m);
  assert.match(fs.readFileSync(path.join(options.cwd, 'credentials.json'), 'utf8'), /help-desk/);

  const [program] = blocks('js').map(here);
  fs.writeFileSync(path.join(options.cwd, 'program.mjs'), program);
  assert.equal((await run('node', ['program.mjs'], options)).stdout, 'OUTCOME_CREATED\n');
  assert.equal((await run('node', ['program.mjs'], options)).stdout, 'OUTCOME_DUPLICATE\n');
});
