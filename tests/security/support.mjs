// What the tests of this folder share: all three services at once, and clients for them by the name of a credential.
import {startChurn, startRatings, startResponseTimes, writeCredentials} from '../e2e/harness.mjs';

export * from '../e2e/harness.mjs';

export const startOfToday = () => Math.floor(Date.now() / 86_400_000) * 86_400_000;

// A credential; its token is its name.
export const holder = (name, roles, tenant = 'acme') => ({
  name, tenant, roles: roles.map((role) => `ROLE_${role.toUpperCase()}`), ...roles.includes('agent') && {agent_id: 'ann'},
});

// All services, each with the same credentials and flags. `as(NAME)` gives clients that call as that credential, by
// service; without a name, as nobody.
export async function startAll(t, credentials, {flags = [], stores = {}, ...options} = {}) {
  const file = writeCredentials(t, credentials);
  const common = [`--credentials=${file}`, ...flags];
  const servers = Object.fromEntries(await Promise.all(
      Object.entries({ratings: startRatings, responseTimes: startResponseTimes, churn: startChurn})
          .map(async ([kind, start]) => [kind, await start(t, {store: stores[kind], flags: common, ...options[kind]})])));
  const as = (name) => Object.fromEntries(Object.entries(servers).map(([kind, server]) => [kind, server.client(name)]));
  return {file, servers, as};
}
