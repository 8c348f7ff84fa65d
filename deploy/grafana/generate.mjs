#!/usr/bin/env node
// Writes dashboards/*.json from source/. Grafana reads the JSON; people change the source.
import {readdirSync, realpathSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

// The text of each dashboard, by the name of its file.
export async function dashboards() {
  const sources = readdirSync(new URL('source/', import.meta.url)).filter((file) => file !== 'panels.mjs');
  const texts = sources.map(async (file) => {
    const {default: dashboard} = await import(new URL(`source/${file}`, import.meta.url));
    return [file.replace('.mjs', '.json').replaceAll('_', '-'), `${JSON.stringify(dashboard, null, 2)}\n`];
  });
  return new Map(await Promise.all(texts));
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  for (const [file, text] of await dashboards()) writeFileSync(new URL(`dashboards/${file}`, import.meta.url), text);
}
