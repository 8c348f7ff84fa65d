// Numbered ratings, and what the service must say of them.
import {count, millisOf, range, rating, time} from '../e2e/harness.mjs';
import {below, chance, pick} from './random.mjs';
import {addTo, allPages, customerBatches, dayOf, dimensions, labelsOf} from './figures.mjs';

const start = Date.UTC(2024, 2, 1);
const days = 28;
const day = 86_400_000;
const whole = range(start, start + (days + 2) * day);
const customersOfBlock = 3;

const scales = {
  SCALE_EMOTICON_3: (seed, ...place) => ({emoticon: pick(['EMOTICON_HAPPY', 'EMOTICON_SATISFIED', 'EMOTICON_UNHAPPY'], seed, ...place)}),
  SCALE_CSAT_5: (seed, ...place) => ({points: 1 + below(5, seed, ...place)}),
  SCALE_NPS_11: (seed, ...place) => ({points: below(11, seed, ...place)}),
};

const scoreOf = ({emoticon, points}) => emoticon?.replace('EMOTICON_', '') ?? String(points ?? 0);
const customer = (block, number) => `c-${block}-${number}`;

function contentOf(rating) {
  const {customer_id, scale, agent_id, channel, labels, occurred_at, revision} = rating;
  return JSON.stringify([customer_id, scale, scoreOf(rating), agent_id, channel, Object.entries(labels).sort(), millisOf(occurred_at),
    count(revision)]);
}

export const ratings = {
  kind: 'ratings',
  unary: ['RecordRating', 'rating'],
  batch: ['RecordRatings', 'ratings'],
  stream: 'IngestRatings',
  idOf: ({rating_id}) => rating_id,
  customersOf: (block) => Array.from({length: customersOfBlock}, (_, i) => customer(block, i)),
  deletable: () => false,

  // What event `number` is; a later revision is a correction that also occurred later, as that is what counts.
  make(seed, number, block, slot, revision) {
    const scale = pick(Object.keys(scales), seed, number, 1, revision);
    return rating(`r-${number}`, {
      customer_id: customer(block, slot % customersOfBlock),
      scale,
      emoticon: undefined,
      ...scales[scale](seed, number, 2, revision),
      ...labelsOf(seed, number, 3 + revision),
      agent_id: `a-${below(7, seed, number, 4, revision)}`,
      occurred_at: time(start + below(days, seed, number, 5) * day + Math.floor(chance(seed, number, 6) * day) + revision * 7_200_000),
      revision,
    });
  },

  // Everything that the service lists: [id, content].
  async list(ask) {
    const listed = await allPages(ask, 'ListRatings', {range: whole}, 'ratings');
    return listed.map((rating) => [rating.rating_id, contentOf(rating)]);
  },

  expectedList: (events) => events.map((rating) => [rating.rating_id, contentOf(rating)]),

  async figures(ask, customers) {
    const figures = new Map();
    const add = (name, scale) => {
      for (const {score, count: n} of scale.distribution) addTo(figures, `${name} ${scale.scale} ${score}`, count(n));
    };
    const {rows, totals} = await ask('QueryRatings', {range: whole, bucket: 'BUCKET_DAY'});
    for (const {scales} of totals) for (const scale of scales) add('all', scale);
    for (const {bucket, scales} of rows) for (const scale of scales) add(dayOf(millisOf(bucket.start)), scale);
    for (const dimension of Object.keys(dimensions)) {
      const {totals} = await ask('QueryRatings', {range: whole, group_by: `DIMENSION_${dimension}`});
      for (const {group, scales} of totals) for (const scale of scales) add(`${dimension}=${group}`, scale);
    }
    for (const ids of customerBatches(customers)) {
      const {customers: found} = await ask('BatchGetCustomerSatisfaction', {customer_ids: ids});
      for (const {customer_id, scales} of found) {
        for (const {scale, rating_count} of scales) addTo(figures, `customer ${customer_id} ${scale}`, count(rating_count));
      }
    }
    return figures;
  },

  expectedFigures(events) {
    const figures = new Map();
    for (const rating of events) {
      const score = `${rating.scale} ${scoreOf(rating)}`;
      addTo(figures, `all ${score}`, 1);
      addTo(figures, `${dayOf(millisOf(rating.occurred_at))} ${score}`, 1);
      for (const [dimension, valueOf] of Object.entries(dimensions)) addTo(figures, `${dimension}=${valueOf(rating)} ${score}`, 1);
      addTo(figures, `customer ${rating.customer_id} ${rating.scale}`, 1);
    }
    return figures;
  },
};
