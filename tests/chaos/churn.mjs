// Numbered activities of customers, and what the service must say of them: conversion in May, interests, concerns, purchases
// and use, and for some cancellation in June. The activities of one customer come from several clients.
import {activity, count, millisOf, range} from '../e2e/harness.mjs';
import {addTo, allPages, customerBatches, groupBy} from './figures.mjs';
import {below, chance, pick} from './random.mjs';

const may = Date.UTC(2024, 4, 1);
const june = Date.UTC(2024, 5, 1);
const july = Date.UTC(2024, 6, 1);
const day = 86_400_000;
const customersOfBlock = 2;
const isUse = (activity) => activity.used !== undefined;
const plans = ['starter', 'pro', 'business'];

const customer = (block, number) => `c-${block}-${number}`;
const kinds = ['converted', 'cancelled', 'interest_shown', 'concern_voiced', 'purchased', 'used'];

function contentOf(activity) {
  const kind = kinds.find((each) => activity[each]);
  const {monthly_recurring_minor, plan} = activity[kind].subscription ?? {};
  return JSON.stringify([kind, activity[kind].topic ?? '', plan ?? '', count(monthly_recurring_minor), millisOf(activity.occurred_at),
    count(activity.revision)]);
}

const idOf = ({customer_id, activity_id}) => `${customer_id}/${activity_id}`;

// What is listed of a customer as a whole.
function customerContent({active, plan, revenue, purchases, interests, concerns}) {
  const sorted = (topics) => topics.filter(([, n]) => n > 0).sort();
  return JSON.stringify([active, active ? plan : '', active ? revenue : 0, purchases, sorted(interests), sorted(concerns)]);
}

function expectedCustomer(activities) {
  const having = (kind) => activities.filter((activity) => activity[kind]);
  const topics = (kind) => [...groupBy(having(kind), (activity) => activity[kind].topic)].map(([topic, some]) => [topic, some.length]);
  const {subscription} = having('converted')[0].converted;
  return {
    active: having('cancelled').length === 0,
    plan: subscription.plan,
    revenue: subscription.monthly_recurring_minor,
    purchases: having('purchased').length,
    interests: topics('interest_shown'),
    concerns: topics('concern_voiced'),
    used: having('used').reduce((sum, {used}) => sum + used.quantity, 0),
  };
}

const customersIn = (activities) => [...groupBy(activities, ({customer_id}) => customer_id)];

// Calls `work` for all items, few at a time.
async function forEachOf(items, work) {
  const left = [...items];
  await Promise.all(Array.from({length: 8}, async () => {
    while (left.length > 0) await work(left.pop());
  }));
}

export const churn = {
  kind: 'churn',
  batch: ['RecordActivities', 'activities'],
  stream: 'IngestActivities',
  idOf,
  customersOf: (block) => Array.from({length: customersOfBlock}, (_, i) => customer(block, i)),
  // Not the conversion.
  deletable: (slot) => slot >= customersOfBlock,

  make(seed, number, block, slot, revision) {
    const step = Math.floor(slot / customersOfBlock);
    const id = customer(block, slot % customersOfBlock);
    const make = (kind, at, fields) => ({
      ...activity(`a-${step}`, id, kind, at + below(3_600_000, seed, number, 1, revision), fields), revision,
    });
    if (step === 0) {
      const subscription = {plan: pick(plans, seed, number, 2, revision), currency: 'EUR',
        monthly_recurring_minor: 100 + below(10_000, seed, number, 3, revision)};
      return make('converted', may, {subscription});
    }
    if (step === 1 && chance(seed, number, 4) < 0.5) return make('cancelled', june + below(25, seed, number, 5) * day, {});
    const topic = pick(['white-papers', 'webinars', 'churn', 'price'], seed, number, 6, revision);
    if (step < 8) return make('interest_shown', may + step * day, {topic});
    if (step < 14) return make('concern_voiced', may + step * day, {topic});
    // Purchases count by day.
    if (step < 18) return make('purchased', may + step * day, {amount_minor: 1 + below(1000, seed, number, 7, revision), currency: 'EUR'});
    return make('used', may + (step - 17) * day, {quantity: 1 + below(9, seed, number, 8, revision)});
  },

  // Activities other than use are listed one by one, use as a feature of its customer.
  async list(ask) {
    const found = await allPages(ask, 'SearchCustomers', {}, 'customers');
    const listed = found.map(({customer}) => [customer.customer_id, customerContent({
      active: Boolean(customer.active),
      plan: customer.subscription?.plan,
      revenue: count(customer.subscription?.monthly_recurring_minor),
      purchases: count(customer.purchase_count),
      interests: customer.interests.map(({topic, count: n}) => [topic, count(n)]),
      concerns: customer.concerns.map(({topic, count: n}) => [topic, count(n)]),
    })]);
    const ids = found.map(({customer}) => customer.customer_id);
    await forEachOf(ids, async (customer_id) => {
      const {timeline} = await ask('GetCustomer', {customer_id});
      for (const activity of timeline) listed.push([idOf(activity), contentOf(activity)]);
    });
    return listed;
  },

  expectedList: (activities) => [
    ...customersIn(activities).map(([id, theirs]) => [id, customerContent(expectedCustomer(theirs))]),
    ...activities.filter((activity) => !isUse(activity)).map((activity) => [idOf(activity), contentOf(activity)]),
  ],

  async figures(ask, customers) {
    const figures = new Map();
    const add = (name, {active_at_start, lost, figures: {revenue}}) => {
      addTo(figures, `${name} active`, count(active_at_start));
      addTo(figures, `${name} lost`, count(lost));
      for (const {start_minor, lost_minor} of revenue) {
        addTo(figures, `${name} revenue`, count(start_minor));
        addTo(figures, `${name} revenue lost`, count(lost_minor));
      }
    };
    const {totals: [may_]} = await ask('QueryChurn', {range: range(may, june)});
    addTo(figures, 'won in May', count(may_.won));
    for (const row of (await ask('QueryChurn', {range: range(june, july)})).totals) add('June', row);
    for (const row of (await ask('QueryChurn', {range: range(june, july), grouping: {group_by: 'plan'}})).totals) add(row.group, row);
    for (const ids of customerBatches(customers)) {
      const {customers: found} = await ask('BatchGetFeatures', {customer_ids: ids, as_of: range(june, july).start});
      for (const {customer_id, values} of found) {
        addTo(figures, `used by ${customer_id}`, values.used_count_90d?.number ?? 0);
      }
    }
    return figures;
  },

  expectedFigures(activities) {
    const figures = new Map();
    for (const [id, theirs] of customersIn(activities)) {
      const {active, plan, revenue, used} = expectedCustomer(theirs);
      addTo(figures, 'won in May', 1);
      for (const name of ['June', plan]) {
        addTo(figures, `${name} active`, 1);
        addTo(figures, `${name} revenue`, revenue);
        if (!active) addTo(figures, `${name} lost`, 1);
        if (!active) addTo(figures, `${name} revenue lost`, revenue);
      }
      addTo(figures, `used by ${id}`, used);
    }
    return figures;
  },
};
