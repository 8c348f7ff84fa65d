// Chance that follows from a seed and a place alone, whoever asks and in whatever order.

function mix(z) {
  z = Math.imul(z ^ (z >>> 16), 0x7feb352d);
  z = Math.imul(z ^ (z >>> 15), 0x846ca68b);
  return z ^ (z >>> 16);
}

// A number in [0, 1). `place` is numbers, such as that of an event and of what is asked about it.
export function chance(seed, ...place) {
  let z = mix(seed + 0x9e3779b1);
  for (const each of place) z = mix(z ^ Math.imul(each + 1, 0x9e3779b1));
  return (z >>> 0) / 2 ** 32;
}

// One of `choices`.
export const pick = (choices, seed, ...place) => choices[Math.floor(chance(seed, ...place) * choices.length)];

// A whole number from 0 to `most` - 1.
export const below = (most, seed, ...place) => Math.floor(chance(seed, ...place) * most);

// `items` in another order.
export function shuffled(items, seed, ...place) {
  const keyed = items.map((item, i) => [chance(seed, ...place, i), item]);
  return keyed.sort(([a], [b]) => a - b).map(([, item]) => item);
}
