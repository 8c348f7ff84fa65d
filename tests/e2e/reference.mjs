// The figures of METRICS worked out in the plainest way from a list of ratings, to compare the service with.

const Z95 = 1.959963984540054;

export function wilson(count, n) {
  const p = count / n;
  const centre = (p + Z95 ** 2 / (2 * n)) / (1 + Z95 ** 2 / n);
  const half = Z95 / (1 + Z95 ** 2 / n) * Math.sqrt(p * (1 - p) / n + Z95 ** 2 / (4 * n ** 2));
  return {low: count === 0 ? 0 : centre - half, high: count === n ? 1 : centre + half};
}

// Adjusted Wald: three ratings more, 3/4 of one to the promoters and to the detractors each.
export function npsInterval(promoters, detractors, n) {
  const up = (promoters + 0.75) / (n + 3);
  const down = (detractors + 0.75) / (n + 3);
  const half = Z95 * Math.sqrt((up + down - (up - down) ** 2) / (n + 3));
  return {low: 100 * (up - down - half), high: 100 * (up - down + half)};
}

// The numbers behind a scale's headline figures.
export function pointsOf(rating) {
  switch (rating.scale) {
    case 'SCALE_EMOTICON_3': return {EMOTICON_HAPPY: 1, EMOTICON_SATISFIED: 0, EMOTICON_UNHAPPY: -1}[rating.emoticon];
    case 'SCALE_THUMBS_2': return {THUMB_UP: 1, THUMB_DOWN: 0}[rating.thumb];
    default: return rating.points;
  }
}

// -1, 0 or 1: the side of its scale.
export function sideOf(rating) {
  const p = pointsOf(rating);
  const [negative, positive] = {
    SCALE_EMOTICON_3: [-1, 1],
    SCALE_THUMBS_2: [0, 1],
    SCALE_CSAT_5: [2, 4],
    SCALE_NPS_11: [6, 9],
    SCALE_CES_5: [2, 4],
    SCALE_CES_7: [3, 5],
  }[rating.scale];
  return p >= positive ? 1 : p <= negative ? -1 : 0;
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

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
export const countSide = (ratings, side) => ratings.filter((rating) => sideOf(rating) === side).length;

// Which share of the negative ratings the k customers with most of them sent.
export function topCustomerShare(ratings, k) {
  const negative = ratings.filter((rating) => sideOf(rating) === -1);
  const counts = [...groupBy(negative, (rating) => rating.customer_id).values()].map((group) => group.length);
  const top = counts.sort((a, b) => b - a).slice(0, k);
  return top.reduce((sum, count) => sum + count, 0) / negative.length;
}

// Numbers in [0, 1), the same for the same seed (mulberry32).
export function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
