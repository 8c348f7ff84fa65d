import assert from 'node:assert/strict';
import test from 'node:test';
import {startRedis} from './harness.mjs';
import {Load, Replicas, services} from './numbered.mjs';

const year = 2024;
const drained = 4;  // replicas that are ended in good order before one is killed

for (const [kind, service] of Object.entries(services)) {
  test(`replicas of ${kind} are replaced under load, and every event counts once`, async (t) => {
    const store = await startRedis(t);
    const start = () => service.start(t, {store, flags: ['--require-safe-store']});
    const running = await Promise.all([start(), start()]);
    const replicas = new Replicas();
    const publish = () => replicas.addresses = running.map(({address}) => address);
    publish();
    const client = replicas.client(t, kind);
    const load = new Load(client, kind, year);

    // Starts a new replica, and then ends the oldest one by `end`, both under load; answers how that exited.
    const replaceOldest = async (end) => {
      await load.advances(40);
      running.push(await start());
      const oldest = running.shift();
      publish();
      await load.advances(40);
      const exit = await end(oldest);
      await load.persistently(() => service.figures(client, year));
      return exit;
    };
    for (let i = 0; i < drained; ++i) assert.equal(await replaceOldest((oldest) => oldest.stop()), 0);
    const repeatedByDrains = {...load.repeated};
    // One dies without a word: what it had not answered is sent again.
    await replaceOldest((oldest) => oldest.kill());
    await load.advances(40);
    const total = await load.finish();

    const ids = Array.from({length: total}, (_, number) => service.idOf(service.make(number, year)));
    const stored = await service.stored(client);
    const figures = await service.figures(client, year);
    t.diagnostic(`${total} events acknowledged, ${stored.length} stored, counted as ${JSON.stringify(figures)}; ` +
        `acknowledged as ${JSON.stringify(load.outcomes)}; calls repeated ${JSON.stringify(load.repeated)}, ` +
        `before the kill ${JSON.stringify(repeatedByDrains)}`);
    assert.deepEqual(stored.sort(), ids.sort());
    assert.deepEqual(figures, service.expected(total));
  });
}
