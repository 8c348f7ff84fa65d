// What the three services' figures have in common: counts by name, dimensions, pages.
import {below} from './random.mjs';

// Adds to a count; what comes to nothing is not there.
export function addTo(figures, name, amount) {
  const sum = (figures.get(name) ?? 0) + amount;
  if (sum === 0) figures.delete(name);
  else figures.set(name, sum);
}

export function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(item);
  }
  return groups;
}

export const dayOf = (millis) => new Date(millis).toISOString().slice(0, 10);

// The value of an event in each roll-up dimension.
export const dimensions = {
  AGENT: ({agent_id}) => agent_id ?? '',
  TEAM: ({labels}) => labels.team,
  CHANNEL: ({channel}) => channel.replace('CHANNEL_', ''),
  PRODUCT: ({labels}) => labels.product,
  PLAN: ({labels}) => labels.plan,
  LOCALE: ({labels}) => labels.locale,
};

const channels = ['CHANNEL_EMAIL', 'CHANNEL_CHAT', 'CHANNEL_PHONE', 'CHANNEL_WEB'];

// Channel and labels that follow from a place.
export const labelsOf = (seed, ...place) => ({
  channel: channels[below(channels.length, seed, ...place, 0)],
  labels: {
    team: `team-${below(5, seed, ...place, 1)}`,
    product: `product-${below(4, seed, ...place, 2)}`,
    plan: `plan-${below(3, seed, ...place, 3)}`,
    locale: `locale-${below(6, seed, ...place, 4)}`,
  },
});

// Everything that a paged call lists.
export async function allPages(ask, method, request, field) {
  const items = [];
  for (let page_token = ''; ;) {
    const response = await ask(method, {...request, page: {page_size: 1000, page_token}});
    items.push(...response[field]);
    page_token = response.next_page_token;
    if (!page_token) return items;
  }
}

export function* customerBatches(customers) {
  for (let begin = 0; begin < customers.length; begin += 1000) yield customers.slice(begin, begin + 1000);
}
