// Numbered events of conversations, and what the service must say of them: a customer asks three times, each time an agent
// answers. The events of one conversation come from several clients.
import {count, event, millisOf, range} from '../e2e/harness.mjs';
import {addTo, allPages, customerBatches, dayOf, dimensions, groupBy, labelsOf} from './figures.mjs';
import {below, chance} from './random.mjs';

const start = Date.UTC(2024, 2, 1);
const days = 28;
const day = 86_400_000;
const whole = range(start, start + (days + 2) * day);
const conversationsOfBlock = 10;
const customersOfBlock = 2;
const turn = 600_000;  // milliseconds between messages, roughly

const customer = (block, number) => `c-${block}-${number}`;

function contentOf(event) {
  const {customer_id, agent_id, message, channel, labels, occurred_at, revision} = event;
  return JSON.stringify([customer_id, agent_id ?? '', message.author, channel, Object.entries(labels).sort(), millisOf(occurred_at),
    count(revision)]);
}

const idOf = ({conversation_id, event_id}) => `${conversation_id}/${event_id}`;

// The stretches of a conversation's events: {metrics, start, millis or open, event for dimensions, agent}.
function stretchesOf(events) {
  const ordered = [...events].sort((a, b) => millisOf(a.occurred_at) - millisOf(b.occurred_at));
  const isQuestion = ({message}) => message.author === 'AUTHOR_CUSTOMER';
  const assignee = ordered.find((event) => !isQuestion(event))?.agent_id;
  const stretches = [];
  let asked;
  const metrics = () => (stretches.length === 0 ? ['FIRST_RESPONSE_TIME', 'NEXT_RESPONSE_TIME'] : ['NEXT_RESPONSE_TIME']);
  for (const event of ordered) {
    if (isQuestion(event)) {
      asked ??= event;
    } else if (asked) {
      const millis = millisOf(event.occurred_at) - millisOf(asked.occurred_at);
      stretches.push({metrics: metrics(), asked, counts: {answered: 1, millis}, agent_id: event.agent_id});
      asked = undefined;
    }
  }
  if (asked) stretches.push({metrics: metrics(), asked, counts: {open: 1}, agent_id: assignee});
  return stretches;
}

const conversationsOf = (events) => [...groupBy(events, ({conversation_id}) => conversation_id).values()];

export const responseTimes = {
  kind: 'responseTimes',
  batch: ['RecordEvents', 'events'],
  stream: 'IngestEvents',
  idOf,
  customersOf: (block) => Array.from({length: customersOfBlock}, (_, i) => customer(block, i)),
  // Not a conversation's beginning.
  deletable: (slot) => slot >= conversationsOfBlock,

  make(seed, number, block, slot, revision) {
    const conversation = slot % conversationsOfBlock;
    const step = Math.floor(slot / conversationsOfBlock);
    const place = block * conversationsOfBlock + conversation;
    const begin = start + below(days, seed, place, 1) * day + Math.floor(chance(seed, place, 2) * day);
    return event(`e-${step}`, `v-${block}-${conversation}`, step % 2 === 0 ? 'customer' : 'agent',
        begin + step * turn + below(turn - 1000, seed, number, 3, revision), {
          customer_id: customer(block, conversation % customersOfBlock),
          ...labelsOf(seed, place, 4),
          agent_id: step % 2 === 0 ? undefined : `a-${below(7, seed, number, 5, revision)}`,
          revision,
        });
  },

  async list(ask, collect) {
    const exported = (await collect('ExportEvents', {range: whole})).flatMap(({events}) => events);
    const waiting = await allPages(ask, 'ListWaiting', {}, 'conversations');
    return [
      ...exported.map((event) => [idOf(event), contentOf(event)]),
      ...waiting.map((each) => [`${each.conversation_id} waits`, `since ${millisOf(each.waiting_since)}`]),
    ];
  },

  expectedList(events) {
    const waiting = conversationsOf(events).flatMap(stretchesOf).filter(({counts}) => counts.open);
    return [
      ...events.map((event) => [idOf(event), contentOf(event)]),
      ...waiting.map(({asked}) => [`${asked.conversation_id} waits`, `since ${millisOf(asked.occurred_at)}`]),
    ];
  },

  async figures(ask, customers) {
    const figures = new Map();
    const metrics = ['METRIC_FIRST_RESPONSE_TIME', 'METRIC_NEXT_RESPONSE_TIME'];
    const add = (name, row) => {
      for (const {metric, answered_count, open_count, mean} of row.times) {
        const metricName = `${name} ${metric.replace('METRIC_', '')}`;
        addTo(figures, `${metricName} answered`, count(answered_count));
        addTo(figures, `${metricName} open`, count(open_count));
        addTo(figures, `${metricName} millis`, Math.round((mean?.value ?? 0) * count(answered_count) * 1000));
      }
    };
    const {rows, totals} = await ask('QueryResponseTimes', {range: whole, bucket: 'BUCKET_DAY', metrics});
    for (const row of totals) {
      add('all', row);
      addTo(figures, 'conversations', count(row.conversations?.conversation_count));
    }
    for (const row of rows) add(dayOf(millisOf(row.bucket.start)), row);
    for (const dimension of Object.keys(dimensions)) {
      const {totals} = await ask('QueryResponseTimes', {range: whole, metrics, group_by: `DIMENSION_${dimension}`});
      for (const row of totals) add(`${dimension}=${row.group}`, row);
    }
    addTo(figures, 'waiting', count((await ask('GetBacklog', {})).waiting_count));
    for (const ids of customerBatches(customers)) {
      const {customers: found} = await ask('BatchGetCustomerResponsiveness', {customer_ids: ids});
      for (const {customer_id, conversation_count, waiting_count} of found) {
        addTo(figures, `customer ${customer_id} conversations`, count(conversation_count));
        addTo(figures, `customer ${customer_id} waiting`, count(waiting_count));
      }
    }
    return figures;
  },

  expectedFigures(events) {
    const figures = new Map();
    for (const conversation of conversationsOf(events)) {
      const {customer_id} = conversation[0];
      addTo(figures, 'conversations', 1);
      addTo(figures, `customer ${customer_id} conversations`, 1);
      for (const {metrics, asked, counts, agent_id} of stretchesOf(conversation)) {
        addTo(figures, 'waiting', counts.open ?? 0);
        addTo(figures, `customer ${customer_id} waiting`, counts.open ?? 0);
        const names = ['all', dayOf(millisOf(asked.occurred_at)),
          ...Object.entries(dimensions).map(([dimension, valueOf]) => `${dimension}=${valueOf({...asked, agent_id})}`)];
        for (const name of names) {
          for (const metric of metrics) {
            for (const [what, amount] of Object.entries(counts)) addTo(figures, `${name} ${metric} ${what}`, amount);
          }
        }
      }
    }
    return figures;
  },
};
