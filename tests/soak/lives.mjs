// What one customer does, day by day, from the signup to the erasure: a pure function of the customer's id, so that a
// run sends the same whatever else happens in it.
import {activity, event, rating, subscription} from '../e2e/harness.mjs';

export const day = 86_400_000;
// Days after which a customer is erased.
export const lifetime = 60;
const hour = 3_600_000;

// Numbers in [0, 1) that are the same in every run with the same seed (mulberry32).
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function hashOf(text) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

const of = (values, random) => values[Math.floor(random() * values.length)];
export const agents = ['ann', 'bob', 'cem', 'dea', 'eve', 'fay'];
export const teams = ['heroes', 'billing', 'onboarding'];
export const plans = ['free', 'pro', 'business'];
export const topics = ['white-papers', 'churn', 'prices', 'security'];
const channels = ['EMAIL', 'CHAT', 'PHONE', 'WEB', 'MESSAGING'];
const features = ['export', 'alerts', 'reports', 'api', 'mobile'];
const words = 'the answer came late but it helped and we were glad that somebody had read what we wrote before'.split(' ');

const scores = [
  (random) => ({scale: 'SCALE_EMOTICON_3', emoticon: `EMOTICON_${of(['HAPPY', 'HAPPY', 'SATISFIED', 'UNHAPPY'], random)}`}),
  (random) => ({scale: 'SCALE_CSAT_5', points: 1 + Math.floor(random() * 5), emoticon: undefined}),
  (random) => ({scale: 'SCALE_NPS_11', points: Math.floor(random() * 11), emoticon: undefined}),
  (random) => ({scale: 'SCALE_THUMBS_2', thumb: `THUMB_${of(['UP', 'UP', 'DOWN'], random)}`, emoticon: undefined}),
];

const comment = (random) => Array.from({length: 5 + Math.floor(random() * 30)}, () => of(words, random)).join(' ');

// What stays the same of a customer.
function traitsOf(customer) {
  const random = randomNumbers(hashOf(customer));
  return {
    agent_id: of(agents, random), labels: {team: of(teams, random), plan: of(plans, random)}, channel: `CHANNEL_${of(channels, random)}`,
    minor: 1000 * (1 + Math.floor(random() * 20)), fading: random() < 0.3, leaves: 30 + Math.floor(random() * 28), startHour: random() * 12,
  };
}

// A conversation begins every fifth day; this is its step on the day.
function conversationStep(customer, age, midnight, traits, random) {
  const [number, step] = [Math.floor(age / 5), age % 5];
  const conversation = `${customer}-v${number}`;
  const at = midnight + (8 + traits.startHour) * hour;
  const say = (id, what, minutes, fields = {}) => event(id, conversation, what, at + minutes * 60_000, {
    customer_id: customer, agent_id: traits.agent_id, channel: traits.channel, labels: traits.labels, ...fields,
  });
  const promise = {
    promise_id: `${customer}-p${number}`, customer_id: customer, conversation_id: conversation, agent_id: traits.agent_id,
    labels: traits.labels, made_at: {seconds: Math.floor(at / 1000)}, due_at: {seconds: Math.floor((at + 2 * day) / 1000)},
  };
  const made = {id: `${customer}-r${number}`, at: {seconds: Math.floor(at / 1000)}};
  const survey = (status) => ({
    survey_id: made.id, customer_id: customer, scale: 'SCALE_CSAT_5', status: `SURVEY_STATUS_${status}`, agent_id: traits.agent_id,
    conversation_id: conversation, labels: traits.labels, occurred_at: made.at,
  });
  switch (step) {
    case 0:
      return {
        events: [
          say('tried', 'self_service_attempt', -30, {self_service_attempt: {kind: 'SELF_SERVICE_SEARCH'}}),
          say('asked', 'customer', 0),
          say('assigned', 'assigned', 5),
          ...(random() < 0.9 ? [say('answered', 'agent', 6 + random() * 300)] : []),
        ],
        calls: [['responseTimes', 'MakePromise', {promise}]],
      };
    case 1:
      return {events: [say('asked-again', 'customer', 0), say('held', 'held', 20, {held: {hold_id: 'h'}}), say('note', 'agent', 21, {message: {visibility: 'VISIBILITY_PRIVATE_NOTE'}})]};
    case 2:
      return {
        events: [
          say('released', 'released', 0, {released: {hold_id: 'h'}}),
          ...(random() < 0.2 ? [say('escalated', 'escalated', 1, {escalated: {reason: 'ESCALATION_REASON_SLOW_RESPONSE'}})] : []),
          say('answered-again', 'agent', 10),
          say('resolved', 'resolved', 11),
        ],
        surveys: [survey('OFFERED'), survey('DELIVERED')],
        calls: random() < 0.7 ? [['responseTimes', 'KeepPromise', {promise_id: promise.promise_id}]] :
          random() < 0.5 ? [['responseTimes', 'CancelPromise', {promise_id: promise.promise_id}]] : [],
      };
    case 3:
      return {
        ratings: [rating(made.id, {
          customer_id: customer, ...of(scores, random)(random), agent_id: traits.agent_id, channel: traits.channel, labels: traits.labels,
          conversation_id: conversation, occurred_at: made.at, comment: random() < 0.4 ? comment(random) : '',
          comment_visibility: of(['COMMENT_VISIBILITY_AGENT_ONLY', 'COMMENT_VISIBILITY_AGENT_AND_LEAD', 'COMMENT_VISIBILITY_ALL'], random),
        })],
        events: random() < 0.3 ? [say('reopened', 'reopened', 0), say('asked-once-more', 'customer', 1)] : [],
      };
    default: {
      // Second thoughts: a better score, a message that was misdated, one that was of another conversation.
      const corrected = random() < 0.3;
      return {
        ratings: corrected ? [rating(made.id, {
          customer_id: customer, scale: 'SCALE_CSAT_5', points: 5, emoticon: undefined, agent_id: traits.agent_id, channel: traits.channel,
          labels: traits.labels, conversation_id: conversation, occurred_at: made.at, revision: 1,
        })] : [],
        events: [
          say('asked-again', 'customer', -1450, {revision: 1}),
          ...(corrected ? [say('note', 'agent', -1400, {revision: 1, deleted: true})] : []),
        ],
      };
    }
  }
}

function activitiesOf(customer, age, midnight, traits, random) {
  const did = (kind, fields, id = kind) => activity(`${id}-${age}`, customer, kind, midnight + 7 * hour, fields);
  const paid = subscription(traits.minor, traits.labels.plan);
  const activities = [];
  if (age === 0) activities.push(did('signed_up', {}), did('owner_assigned', {owner_id: traits.agent_id}), did('attributes_set', {attributes: {region: traits.channel}}));
  if (age === 1) activities.push(did('converted', {subscription: paid}));
  if (age === 20) activities.push(did('plan_changed', {subscription: subscription(traits.minor * 2, 'business')}));
  if (age % 30 === 10) activities.push(did('invoiced', {invoice_id: `i-${age}`, amount_minor: traits.minor, currency: 'EUR', due_at: {seconds: midnight / 1000 + 86_400}}));
  if (age % 30 === 12) activities.push(did('invoice_paid', {invoice_id: `i-${age - 2}`}));
  if (age % 7 === 3) activities.push(did('purchased', {amount_minor: 500, currency: 'EUR'}));
  if (age % 11 === 5) activities.push(did(random() < 0.5 ? 'interest_shown' : 'concern_voiced', {topic: of(topics, random)}, 'mentioned'));
  if (!traits.fading || age < traits.leaves - 15) {
    activities.push(did('logged_in', {}), did('used', {quantity: 1 + Math.floor(random() * 9)}), did('feature_used', {feature: of(features, random)}));
  }
  if (traits.fading && age === traits.leaves) activities.push(did('cancelled', {reason: 'not used'}));
  if (age % 9 === 8) activities.push({...activity(`used-${age - 1}`, customer, 'used', midnight - day + 7 * hour, {quantity: 20}), revision: 1});
  if (age % 13 === 12) activities.push({...activity(`logged_in-${age - 1}`, customer, 'logged_in', midnight - day + 7 * hour), revision: 1, deleted: true});
  return activities;
}

// All that a customer sends on day `age` of a life that began at midnight of `birth` (milliseconds).
export function dayOf(customer, age, birth) {
  const random = randomNumbers(hashOf(`${customer}/${age}`));
  const traits = traitsOf(customer);
  const midnight = birth + age * day;
  return {
    ratings: [], surveys: [], events: [], calls: [],
    ...conversationStep(customer, age, midnight, traits, random),
    activities: activitiesOf(customer, age, midnight, traits, random),
  };
}
