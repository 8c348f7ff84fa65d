// Made-up customers whose loss can be foretold: who stopped using the product is likely to leave.
import {activity, subscription} from './harness.mjs';

export const day = 86_400_000;
export const startOfDay = (daysAgo) => Math.floor(Date.now() / day) * day - daysAgo * day;

// A number in [0, 1) that is the same in every run.
export function chance(number, purpose) {
  let z = Math.imul(number + 1, 0x9e3779b1) ^ Math.imul(purpose + 1, 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 16), 0x7feb352d);
  z = Math.imul(z ^ (z >>> 15), 0x846ca68b);
  return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
}

export const customerId = (number) => `c-${String(number).padStart(4, '0')}`;
export const isFading = (number) => number % 4 === 0;
// How many days ago the customer left; undefined for those who stayed. Later than 90 days ago.
export function lostDaysAgo(number) {
  const left = chance(number, 0) < (isFading(number) ? 0.7 : 0.05);
  return left ? 5 + Math.floor(chance(number, 1) * 80) : undefined;
}

// Conversion 300 days ago, use each week until now, or until 100 days ago of those who fade.
export function life(number) {
  const id = customerId(number);
  const activities = [
    activity('signup', id, 'signed_up', startOfDay(310)),
    activity('conversion', id, 'converted', startOfDay(300), {subscription: subscription(1000 + number)}),
  ];
  const lost = lostDaysAgo(number);
  for (let daysAgo = 295; daysAgo > (lost ?? 1); daysAgo -= 7) {
    if (isFading(number) && daysAgo < 110) break;
    activities.push(activity(`use-${daysAgo}`, id, 'used', startOfDay(daysAgo), {quantity: 1 + (number + daysAgo) % 9}));
  }
  if (lost !== undefined) activities.push(activity('cancellation', id, 'cancelled', startOfDay(lost), {reason: 'not used'}));
  return activities;
}

export const lives = (count) => Array.from({length: count}, (_, number) => life(number)).flat();
