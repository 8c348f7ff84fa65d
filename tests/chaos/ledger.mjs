// What was sent and acknowledged of a service's numbered events, and so what the service must have in the end.
import {chance} from './random.mjs';

export const blockSize = 60;    // events that share customers, and conversations
const erasedBlocks = 0.1;      // share of blocks whose customers are erased once all of it is acknowledged

// The messages that event `number` is sent as, one after the other, each when the one before is acknowledged. `counts`
// marks the one that holds from then on, if any. All of it follows from the seed.
export function storyOf(service, seed, number) {
  const block = Math.floor(number / blockSize);
  const slot = number % blockSize;
  const revision = (n) => service.make(seed, number, block, slot, n);
  const first = {what: 'first', message: revision(0), counts: true};
  const fate = chance(seed, number, 100);
  if (fate < 0.65) return [first];
  // Sent twice at the same time.
  if (fate < 0.71) return [{...first, copies: 2}];
  if (fate < 0.79) return [first, {what: 'again', message: revision(0)}];
  const corrected = {what: 'correction', message: revision(1), counts: true};
  if (fate < 0.89) return [first, corrected];
  // What was corrected arrives once more.
  if (fate < 0.94 || !service.deletable(slot)) return [first, corrected, {what: 'late', message: revision(0)}];
  const deleted = {what: 'deletion', message: {...revision(1), deleted: true}, counts: false};
  return [first, deleted, {what: 'late', message: revision(0)}];
}

// What the service may answer to an accepted message. Anything else tells that it has forgotten, or had invented, one
// that it acknowledged before.
const outcomesOf = {
  first: ['OUTCOME_CREATED', 'OUTCOME_DUPLICATE'],
  again: ['OUTCOME_DUPLICATE'],
  correction: ['OUTCOME_REPLACED', 'OUTCOME_DUPLICATE'],
  deletion: ['OUTCOME_REPLACED', 'OUTCOME_DUPLICATE'],
  late: ['OUTCOME_DUPLICATE', 'OUTCOME_SUPERSEDED'],
  erased: ['OUTCOME_ERASED'],
};

// One message on its way. `done`: how far its story is when it is acknowledged.
class Sending {
  constructor(number, done, {what, message, copies = 1}) {
    Object.assign(this, {number, done, what, message, copies});
  }
}

export class Ledger {
  made = 0;           // events 0 .. made - 1 have been begun
  acknowledged = 0;   // events whose first message is acknowledged
  messages = 0;       // acknowledged messages
  retried = {};       // messages sent again, by the code that they failed with
  reasons = {};       // the same, by the error in full
  longestGap = 0;     // milliseconds between acknowledgements
  erasures = [];      // customers that are to be erased now: {block, customer}
  findings = [];
  open = 0;           // stories and erasures that are not at their end
  #seed;
  #last = Date.now();
  #begun = Date.now();
  #told = [];         // by number: the last acknowledgement
  #blocks = [];       // by block: events whose stories are at their end
  #erasing = [];      // by block: customers not yet erased

  constructor(service, seed) {
    this.service = service;
    this.#seed = seed;
  }

  seconds(at = Date.now()) {
    return (at - this.#begun) / 1000;
  }

  // The first message of a new event.
  begin() {
    ++this.open;
    const number = this.made++;
    return new Sending(number, 1, storyOf(this.service, this.#seed, number)[0]);
  }

  // Notes an acknowledgement; answers what is to be sent next of the event, if anything.
  acknowledge(sending, outcomes, sender) {
    const at = Date.now();
    this.longestGap = Math.max(this.longestGap, at - this.#last);
    this.#last = at;
    ++this.messages;
    this.#judge(sending, outcomes);
    this.#told[sending.number] = {at, sender, what: sending.what, outcomes};
    if (sending.what === 'first') ++this.acknowledged;
    const story = storyOf(this.service, this.#seed, sending.number);
    if (sending.what !== 'erased' && sending.done < story.length) return new Sending(sending.number, sending.done + 1, story[sending.done]);
    --this.open;
    if (sending.what !== 'erased') this.#finish(sending.number);
    return undefined;
  }

  // Notes that a customer was erased; answers an event of theirs that must stay away from now on.
  erase({block, customer}) {
    const at = Date.now();
    this.#last = at;
    this.#erasing[block].delete(customer);
    const number = this.#numbersOf(block).find((each) => this.#finalOf(each)?.customer_id === customer);
    if (number === undefined) return --this.open;
    this.#told[number] = {at, sender: 'erasure', what: 'erasure', outcomes: []};
    return new Sending(number, 1, {what: 'erased', message: this.#finalOf(number)});
  }

  // A message is to be sent again after an error of this code.
  retry(code, details) {
    this.retried[code] = (this.retried[code] ?? 0) + 1;
    const reason = `${code}: ${details}`.slice(0, 200);
    this.reasons[reason] = (this.reasons[reason] ?? 0) + 1;
  }

  // A message that was refused for good; its story ends there.
  refuse(sending, error) {
    --this.open;
    this.find('refused', sending.number, `${sending.what} was refused: ${error}`);
  }

  find(kind, number, text) {
    this.findings.push({kind, number, at: this.seconds(), text});
  }

  // When no story is open: the messages that count.
  counting() {
    const events = [];
    for (let number = 0; number < this.made; ++number) {
      const erased = this.#erasing[Math.floor(number / blockSize)]?.size === 0;
      const message = erased ? undefined : this.#finalOf(number);
      if (message) events.push(message);
    }
    return events;
  }

  customers() {
    return Array.from({length: Math.ceil(this.made / blockSize)}, (_, block) => this.service.customersOf(block)).flat();
  }

  numberOf(id) {
    this.numbers ??= new Map(Array.from({length: this.made}, (_, number) => [
      this.service.idOf(storyOf(this.service, this.#seed, number)[0].message), number]));
    return this.numbers.get(id);
  }

  // The last acknowledgement of an event, in words, and when it was.
  lastTold(number) {
    const told = this.#told[number];
    if (!told) return undefined;
    const outcomes = told.outcomes.map((each) => each.replace('OUTCOME_', '')).join(', ');
    return {at: told.at, text: `${told.what} acknowledged to ${told.sender} at ${this.seconds(told.at).toFixed(1)} s as ${outcomes}`};
  }

  #numbersOf(block) {
    return Array.from({length: blockSize}, (_, slot) => block * blockSize + slot);
  }

  #finalOf(number) {
    const last = storyOf(this.service, this.#seed, number).findLast(({counts}) => counts !== undefined);
    return last.counts ? last.message : undefined;
  }

  #finish(number) {
    const block = Math.floor(number / blockSize);
    this.#blocks[block] = (this.#blocks[block] ?? 0) + 1;
    if (this.#blocks[block] < blockSize || chance(this.#seed, block, 101) >= erasedBlocks) return;
    const customers = this.service.customersOf(block);
    this.#erasing[block] = new Set(customers);
    this.open += customers.length;
    this.erasures.push(...customers.map((customer) => ({block, customer})));
  }

  #judge({number, what}, outcomes) {
    const wrong = outcomes.find((outcome) => !outcomesOf[what].includes(outcome));
    const twice = outcomes.filter((outcome) => outcome === 'OUTCOME_CREATED').length > 1;
    if (wrong) {
      const kind = wrong === 'OUTCOME_CREATED' || wrong === 'OUTCOME_REPLACED' ? 'lost' : 'wrong';
      this.find(kind, number, `${what} was answered ${wrong}, after ${this.lastTold(number)?.text ?? 'nothing'}`);
    }
    if (twice) this.find('doubled', number, 'sent twice at the same time, and both were answered OUTCOME_CREATED');
  }
}
