// What the services measure, read from the lists in their headers.
import fs from 'node:fs';
import path from 'node:path';
import {root} from '../e2e/harness.mjs';

function headers() {
  const services = path.join(root, 'services');
  const found = fs.readdirSync(services).flatMap((service) => {
    const folder = path.join(services, service, 'service');
    if (!fs.existsSync(folder)) return [];
    return fs.readdirSync(folder).filter((file) => file.endsWith('_metrics.h')).map((file) => path.join(folder, file));
  });
  return [path.join(root, 'common/metrics/runtime_metrics.h'), ...found];
}

// {name, type, labels} of each metric.
export function definitions() {
  return headers().flatMap((header) => {
    const text = fs.readFileSync(header, 'utf8');
    const found = [...text.matchAll(/Definition k\w+\{([^]*?)\};\n/g)].map(([, body]) => ({
      name: /\.name = "(\w+)"/.exec(body)[1],
      type: /Type::k(\w+)/.exec(body)[1].toLowerCase(),
      labels: [...(/\.labels = \{([^}]*)\}/.exec(body)?.[1] ?? '').matchAll(/"(\w+)"/g)].map(([, label]) => label),
    }));
    const written = text.match(/Definition k\w+/g).length;
    if (found.length !== written) throw new Error(`${header}: ${written - found.length} definitions are not understood`);
    return found;
  });
}

// The series of each metric, with the labels that they have: those of the definition, and those that Prometheus adds.
export function series() {
  const added = ['job', 'instance'];
  const all = new Map([['up', added]]);
  for (const {name, type, labels} of definitions()) {
    if (type !== 'histogram') {
      all.set(name, [...labels, ...added]);
      continue;
    }
    all.set(`${name}_bucket`, [...labels, 'le', ...added]);
    for (const part of ['sum', 'count']) all.set(`${name}_${part}`, [...labels, ...added]);
  }
  return all;
}
