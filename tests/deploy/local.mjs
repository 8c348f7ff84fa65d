// deploy/local/run on free ports and a data folder of the test's own.
import path from 'node:path';
import {afterwards, isFree, root, run, temporaryFolder} from '../e2e/harness.mjs';

export const script = path.join(root, 'deploy/local/run');

// A --port-offset whose ports are free, and these ports; all are outside those that the system gives to connections.
async function freePorts() {
  for (;;) {
    const offset = 11_000 + Math.floor(Math.random() * 4_000);
    const ports = {offset, grpc: 50_051 + offset, metrics: 9464 + offset, responseTimes: 50_052 + offset,
      churn: 50_053 + offset, prometheus: 9090 + offset};
    const wanted = [0, 1, 2].flatMap((service) => [ports.grpc + service, ports.metrics + service]);
    if ((await Promise.all([...wanted, ports.prometheus].map(isFree))).every(Boolean)) return ports;
  }
}

// A new data folder on free ports; what runs on it is stopped with the test.
export async function place(t) {
  const data = path.join(temporaryFolder(t), 'data');
  const ports = await freePorts();
  afterwards(t, () => run(script, ['--stop', data]));
  return {data, ports, args: [data, `--port-offset=${ports.offset}`]};
}
