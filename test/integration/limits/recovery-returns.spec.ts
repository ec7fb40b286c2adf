/** Clients lose their connection at random moments, even while they resume. Each gets every event once, in order. */
import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Namespace, Socket } from '../../../lib/server/internal.js';
import { turn } from '../../support/engine-rig.js';
import { hostileScene } from '../../support/hostile-scene.js';
import { random } from '../../support/random.js';
import { enter, lose as drop, missedBy, offsetOf } from '../../support/resuming-client.js';
import type { WireClient } from '../../support/server-wire.js';

const scene = hostileScene({ connectionStateRecovery: {} });

/** The well-behaved client of the scene is in another namespace. */
const NAME = '/custom';
const ROOMS = ['den', 'cellar', 'attic', 'of one', 'of two', 'of none'];
/** Clients of a room, unless it is random. */
const SIZES: Readonly<Record<string, number>> = { 'of one': 1, 'of two': 2, 'of none': 0 };
const CLIENTS = 12;
const STEPS = 700;

/** A client that keeps its session over any number of connections, as the stock client does. */
class Device {
  readonly rooms = new Set<string>();
  /** Numbers of the events that were sent to it, and of those that it has received. */
  readonly sent: number[] = [];
  readonly received: number[] = [];
  sid = '';
  #pid: string | undefined;
  #offset: string | undefined;
  #client: WireClient | null = null;
  #taken = 0;

  get isOnline(): boolean {
    return this.#client !== null;
  }

  /** Connects and sends its CONNECT. */
  async dial(): Promise<WireClient> {
    const client = await scene.rig.open();
    client.send(`40${NAME},${JSON.stringify({ pid: this.#pid, offset: this.#offset })}`);
    return client;
  }

  /** Waits for the answer to its CONNECT. @returns whether it has its session, or a first one */
  async enter(client: WireClient): Promise<boolean> {
    let answer = '';
    while (!answer.startsWith(`40${NAME},`)) answer = String(await client.next());
    const { sid, pid } = JSON.parse(answer.slice(NAME.length + 3)) as { sid: string; pid: string };
    const isOwn = this.#pid === undefined || this.#pid === pid;
    [this.sid, this.#pid, this.#client, this.#taken] = [sid, pid, client, 0];
    return isOwn;
  }

  /** Takes what has arrived on the current connection. */
  take(): void {
    for (const frame of this.#client?.heard.slice(this.#taken) ?? []) {
      this.#taken++;
      const text = String(frame);
      if (!text.startsWith(`42${NAME},`)) continue;
      const [, number, offset] = JSON.parse(text.slice(NAME.length + 3)) as [string, number, string];
      this.received.push(number);
      this.#offset = offset;
    }
  }

  /** Gives its connection up: what arrives from now on is lost. */
  abandon(): WireClient {
    this.take();
    const client = this.#client as WireClient;
    this.#client = null;
    return client;
  }
}

/** Ends a connection and waits until the server has noticed. */
async function lose(client: WireClient): Promise<void> {
  const { engine } = scene.rig.server;
  const count = engine.clientsCount;
  client.terminate();
  await expect.poll(() => engine.clientsCount, { interval: 1 }).toBeLessThan(count);
}

/** Emits an event to one client, a room, all but a room, or all, and notes it for its receivers. */
function emit(chat: Namespace, devices: readonly Device[], number: number, pick: (below: number) => number): void {
  const room = ROOMS[pick(ROOMS.length)] as string;
  const one = devices[pick(devices.length)] as Device;
  const sends: [(device: Device) => boolean, () => unknown][] = [
    [(device) => device === one, () => (chat.sockets.get(one.sid) ?? chat.to(one.sid)).emit('n', number)],
    [(device) => device === one, () => chat.to(one.sid).emit('n', number)],
    [({ rooms }) => rooms.has(room), () => chat.to(room).emit('n', number)],
    [({ rooms }) => !rooms.has(room), () => chat.except(room).emit('n', number)],
    [() => true, () => chat.emit('n', number)],
  ];
  const [selects, send] = sends[pick(sends.length)] as (typeof sends)[number];
  for (const device of devices) if (selects(device)) device.sent.push(number);
  send();
}

it('whatever the moments', { timeout: 60_000 }, async () => {
  const seed = randomInt(2 ** 31);
  const pick = random(seed);
  const chat = scene.rig.server.of(NAME);
  const devices = Array.from({ length: CLIENTS }, () => new Device());
  for (const [index, device] of devices.entries()) {
    await device.enter(await device.dial());
    for (const room of ROOMS) if (room in SIZES ? index < (SIZES[room] ?? 0) : pick(2) === 0) device.rooms.add(room);
    (chat.sockets.get(device.sid) as Socket).join([...device.rooms]);
  }
  chat.onConnect(async () => {
    for (let turns = pick(2) * pick(60); turns > 0; turns--) await turn();
  });
  let [number, returns, again] = [0, 0, 0];

  const comeBack = async (device: Device): Promise<void> => {
    let client = await device.dial();
    while (pick(3) === 0) {
      for (let turns = pick(3); turns > 0; turns--) await turn();
      emit(chat, devices, number++, pick);
      if (pick(2) === 0) await lose(client);
      again++;
      client = await device.dial();
      emit(chat, devices, number++, pick);
    }
    expect(await device.enter(client), `seed ${seed}: the session is lost`).toBe(true);
    returns++;
  };

  for (let step = 0; step < STEPS; step++) {
    const device = devices[pick(CLIENTS)] as Device;
    const action = pick(10);
    if (action < 6) emit(chat, devices, number++, pick);
    else if (!device.isOnline) await comeBack(device);
    else if (action < 8) await lose(device.abandon());
    else if (action === 8) device.abandon();
    else device.take();
  }
  for (const device of devices) if (!device.isOnline) await comeBack(device);
  for (const device of devices) {
    await expect.poll(() => (device.take(), device.received.length)).toBeGreaterThanOrEqual(device.sent.length);
    expect(device.received, `seed ${seed}`).toEqual(device.sent);
  }
  expect([returns > 100, again > 30]).toEqual([true, true]);
  expect(chat.members.size).toBe(CLIENTS);
});

it('a client gets no event of a room from before it joined the room, however often it returns', async () => {
  const { rig } = scene;
  const namespace = rig.of(NAME);
  const first = await enter(rig, undefined, NAME);
  namespace.emit('all', 'A');
  const offset = offsetOf(await first.client.next());
  namespace.to('den').emit('secret');
  await enter(rig, undefined, NAME).then(({ socket }) => socket.join('den')); // the room has another member
  namespace.to('den').emit('secret', 'too');
  first.socket.join('den');
  await drop(first);
  namespace.to('den').emit('news');
  const second = await enter(rig, { pid: first.pid, offset }, NAME);
  expect([second.sid, missedBy(second, NAME)]).toEqual([first.sid, [['news']]]);
  await drop(second); // before it has noticed what it got
  const third = await enter(rig, { pid: first.pid, offset }, NAME);
  expect([third.sid, missedBy(third, NAME)]).toEqual([first.sid, [['news']]]);
  third.socket.leave('den');
  namespace.to('den').emit('unseen');
  third.socket.join('den');
  await drop(third);
  const fourth = await enter(rig, { pid: first.pid, offset }, NAME);
  expect(missedBy(fourth, NAME)).not.toContainEqual(['unseen']);
});
