/** The tasks of clients in a scenario. All frames and expected answers are built before the clock starts. */
import { groupAt, textOf } from '../wire.mjs';
import { maskedFrame } from './frames.mjs';
import { Inbox } from './inbox.mjs';

const FIRST_ID = 1000; // so that all acknowledgement ids have the same length
const ACK = 0x33; // the "3" of "43"

/** Builds a list of `count` elements from their indices. */
const list = (count, make) => Array.from({ length: count }, (_, i) => make(i));

function questions(protocol, count) {
  return {
    frames: list(count, (i) => maskedFrame(protocol.ask(FIRST_ID + i, textOf(0, i)))),
    answers: list(count, (i) => Buffer.from(protocol.answer(FIRST_ID + i, textOf(0, i)))),
  };
}

/** Every client keeps `underWay` questions in flight until it has asked `each`. */
export async function echo(clients, protocol, { each, underWay }) {
  const { frames, answers } = questions(protocol, each);
  const inbox = new Inbox(clients, clients.length * each);
  const startedAt = performance.now();
  for (const client of clients) {
    let asked = 0;
    let answered = 0;
    client.onMessage = (chunk, start, end) => {
      inbox.take(answers[answered++], chunk, start, end);
      if (asked < each) client.write(frames[asked++]);
    };
    while (asked < Math.min(underWay, each)) client.write(frames[asked++]);
  }
  const result = await inbox.judge();
  return { ...result, wall: inbox.finishedAt - startedAt };
}

/** Every client says `each` texts, one after it has heard the one before. Every text is sent to all clients. */
export async function chat(clients, protocol, { each }) {
  const heard = heardTexts(protocol, clients.length, each);
  const said = list(clients.length, (sender) => list(each, (i) => maskedFrame(protocol.say(textOf(sender, i)))));
  const inbox = new Inbox(clients, clients.length * clients.length * each, protocol);
  const startedAt = performance.now();
  for (const [self, client] of clients.entries()) {
    const next = new Uint16Array(clients.length); // by sender
    client.onMessage = (chunk, start, end) => {
      const sender = groupAt(chunk, start + heard.at);
      inbox.take(heard.texts[sender]?.[next[sender]++], chunk, start, end);
      if (sender === self && next[self] < each) client.write(said[self][next[self]]);
    };
    client.write(said[self][0]);
  }
  const result = await inbox.judge();
  return { ...result, wall: inbox.finishedAt - startedAt };
}

/** Every client enters the room that it shares with the next ones: the first `size` clients are in one room. */
export async function enter(clients, protocol, { size }) {
  const done = Buffer.from(protocol.done(FIRST_ID));
  const inbox = new Inbox(clients, clients.length);
  for (const [i, client] of clients.entries()) {
    client.onMessage = (chunk, start, end) => inbox.take(done, chunk, start, end);
    client.write(maskedFrame(protocol.enter(FIRST_ID, `r${Math.floor(i / size)}`)));
  }
  return inbox.judge();
}

/**
 * Every client tells its room `each` texts, and has `underWay` of them unacknowledged at any time. Checks that each
 * member hears each text once, in the order of its sender, and that each text is acknowledged, in order.
 * @returns the number of texts heard as `count`
 */
export async function tell(clients, protocol, { each, underWay, size }) {
  const heard = heardTexts(protocol, clients.length, each);
  const acks = list(each, (i) => Buffer.from(protocol.done(FIRST_ID + i)));
  const told = clients.map((_, sender) =>
    list(each, (i) => maskedFrame(protocol.tell(FIRST_ID + i, textOf(sender, i)))),
  );
  const deliveries = clients.length * size * each;
  const inbox = new Inbox(clients, deliveries + clients.length * each, protocol);
  const startedAt = performance.now();
  for (const [self, client] of clients.entries()) {
    const room = self - (self % size);
    const next = new Uint16Array(size); // by place of the sender in the room
    let asked = 0;
    let answered = 0;
    client.onMessage = (chunk, start, end) => {
      if (chunk[start + 1] === ACK) {
        inbox.take(acks[answered++], chunk, start, end);
        if (asked < each) client.write(told[self][asked++]);
        return;
      }
      const sender = groupAt(chunk, start + heard.at);
      inbox.take(heard.texts[sender]?.[next[sender - room]++], chunk, start, end);
    };
    while (asked < Math.min(underWay, each)) client.write(told[self][asked++]);
  }
  const { failure } = await inbox.judge();
  return { count: deliveries, failure, wall: inbox.finishedAt - startedAt };
}

/**
 * Starts to listen for `each` broadcasts per client, all of the same one of `groups` rooms.
 * @returns a function that waits for them
 */
export function listen(clients, protocol, { each, groups }) {
  const heard = heardTexts(protocol, groups, each);
  const perDelivery = heard.texts[0].length / each;
  const inbox = new Inbox(clients, clients.length * each * perDelivery);
  const startedAt = performance.now();
  for (const client of clients) {
    let room = groups === 1 ? 0 : -1;
    let next = 0;
    client.onMessage = (chunk, start, end) => {
      if (room === -1) room = groupAt(chunk, start + heard.at);
      inbox.take(heard.texts[room]?.[next++], chunk, start, end);
    };
  }
  return async () => {
    const { count, failure } = await inbox.judge();
    return { count: count / perDelivery, failure, wall: inbox.finishedAt - startedAt };
  };
}

/**
 * Asks `count` questions at a rate of `rate` per second, without waiting for answers (an open loop). Latency counts
 * from the time at which a question was due, not from when it could be sent.
 */
export async function latency(clients, protocol, { count, rate }) {
  const each = Math.ceil(count / clients.length);
  const { frames, answers } = questions(protocol, each);
  const inbox = new Inbox(clients, each * clients.length);
  const due = list(clients.length, () => []);
  const samples = [];
  for (const [i, client] of clients.entries()) {
    let answered = 0;
    client.onMessage = (chunk, start, end) => {
      samples.push((performance.now() - due[i][answered]) * 1000);
      inbox.take(answers[answered++], chunk, start, end);
    };
  }
  await inSteps(each * clients.length, 1000 / rate, (i, at) => {
    const client = i % clients.length;
    due[client].push(at);
    clients[client].write(frames[Math.floor(i / clients.length)]);
  });
  return { ...(await inbox.judge()), samples };
}

/** Spins instead of sleeping: a timer is up to a millisecond late, which is more than the latency to measure. */
function inSteps(count, interval, step) {
  return new Promise((resolve) => {
    const start = performance.now() + interval;
    let i = 0;
    const spin = () => {
      for (const now = performance.now(); i < count && start + i * interval <= now; i++) step(i, start + i * interval);
      if (i === count) resolve();
      else setImmediate(spin);
    };
    spin();
  });
}

/** All messages that clients may hear, by group and in order, and the offset of the text in a message. */
function heardTexts(protocol, groups, each) {
  const texts = list(groups, (group) =>
    list(each, (i) => [protocol.heard(textOf(group, i))].flat().map((message) => Buffer.from(message))).flat(),
  );
  return { texts, at: texts[0][0].indexOf(textOf(0, 0)) };
}
