/** A program that writes to the channel of the servers what it likes. */
import { array, assert, asyncProperty, constantFrom, jsonValue, oneof, uint8Array } from 'fast-check';
import { setImmediate } from 'node:timers/promises';
import { memoryBroker } from 'nest-socketio';
import type { Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BulletinWriter } from '../../../lib/cluster/bulletin/bulletin-writer.js';
import { HEADER } from '../../../lib/cluster/bulletin/format.js';
import type { MessageKind } from '../../../lib/cluster/node/messages.js';
import { ownVersion } from '../../../lib/cluster/own-version.js';
import { Message } from '../../../lib/engine/internal.js';
import { BroadcastTarget } from '../../../lib/server/internal.js';
import { type ClusterNode, SilentNode, startNodes } from '../../support/cluster-nodes.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { SOON } from '../../support/events.js';
import { entries, type Entry, write } from '../../support/bulletins.js';

/** The id of the node that the intruder pretends to be. */
const INTRUDER = 'intruder-1';

const FUZZ = { seed: 20_141, numRuns: 200 };

const KINDS: readonly MessageKind[] = ['hello', 'beat', 'join', 'leave', 'drop', 'user', 'servers', 'ask', 'answer'];

describe('a hostile channel', () => {
  const broker = memoryBroker();
  let nodes: ClusterNode[];
  let intruder: SilentNode;
  let clients: Socket[];

  beforeAll(async () => {
    nodes = await startNodes(2, broker);
    intruder = await SilentNode.start(broker, INTRUDER, { serves: false });
  });

  /** Two clients that have been there all the time. */
  beforeAll(async () => {
    clients = await Promise.all(nodes.map((node) => node.connect()));
    for (const client of clients) client.on('whoami', (answer) => answer(client.id));
  });

  afterAll(async () => {
    await cleanUp();
    await intruder.close();
    await Promise.all(nodes.map((node) => node.close()));
  });

  const unreadable = (): number[] => nodes.map(({ server }) => server.cluster.health.unreadable);

  /** Expects that both servers have counted this number of messages as unreadable since `before`. */
  async function counted(before: number[], count: number): Promise<void> {
    await expect.poll(unreadable, SOON).toEqual(before.map((number) => number + count));
  }

  afterEach(async () => {
    // The clients are connected, the servers reach both of them, and have logged no more than a line.
    for (const { server, log } of nodes) {
      server.emit('still there?');
      const answers = await server
        .timeout(10_000)
        .to(clients.map(({ id }) => id as string))
        .emitWithAck('whoami');
      expect(new Set(answers)).toEqual(new Set(clients.map(({ id }) => id)));
      expect(log.errors).toEqual([]);
      const ignored = log.warnings.filter((line) => line.startsWith('a message from the broker was ignored'));
      expect(ignored.length).toBeLessThanOrEqual(1);
    }
    expect(clients.every(({ connected }) => connected)).toBe(true);
  });

  it('ignores random bytes', async () => {
    const before = unreadable();
    await assert(
      asyncProperty(uint8Array({ maxLength: 60 }), (bytes) => intruder.publish(Buffer.from(bytes))),
      FUZZ,
    );
    await counted(before, FUZZ.numRuns);
  });

  it('ignores bulletins that are cut off, at any place', async () => {
    const before = unreadable();
    const whole = messages('2["beat"]');
    for (let length = 0; length < whole.length; length++) {
      if (length !== HEADER.length) await intruder.publish(whole.subarray(0, length)); // an empty bulletin is whole
    }
    await counted(before, whole.length - 1);
  });

  it('survives bulletins in which bytes have changed', async () => {
    const mutations = array(uint8Array({ minLength: 2, maxLength: 2 }), { minLength: 1, maxLength: 4 });
    await assert(
      asyncProperty(entries(false), mutations, async (given, changes) => {
        const bytes = bulletinOf((writer) => write(writer, given.filter(isHarmless)));
        for (const [at = 0, value = 0] of changes) bytes[HEADER.length + (at % bytes.length)] = value;
        await intruder.publish(bytes);
        await setImmediate();
      }),
      FUZZ,
    );
  });

  it('ignores bulletins of another version', async () => {
    const before = unreadable();
    const bytes = messages('2["beat"]');
    bytes[HEADER.version] = 2;
    await intruder.publish(bytes);
    await counted(before, 1);
  });

  it('ignores the broadcasts of servers with another codec, but not their messages', async () => {
    const before = unreadable();
    const heard: unknown[] = [];
    for (const client of clients) client.onAny((event) => heard.push(event));
    const bytes = bulletinOf((writer) => {
      writer.broadcast('/', BroadcastTarget.everybody, false, Message.of(['2["foreign"]']).wire);
      writer.message(introduction('other:1'));
    }, 1);
    await intruder.publish(bytes);
    await counted(before, 1);
    for (const { server } of nodes) expect(server.cluster.nodes.map(({ name }) => name)).toContain('other:1');
    expect(heard).not.toContain('foreign');
  });

  it.each<[string, MessageKind, ...unknown[]]>([
    ['an introduction without a name', 'hello', { version: '1' }],
    ['no introduction', 'hello'],
    ['a target that is none', 'join', '/', 5, ['room']],
    ['no target', 'join', '/'],
    ['rooms that are no list', 'join', '/', [null, []], 'room'],
    ['rooms that are no texts', 'leave', '/', [null, []], [1]],
    ['a target with rooms that are no texts', 'leave', '/', [[1], []], ['room']],
    ['a target without exceptions', 'drop', '/', [['nobody']], false, null],
    ['a reason without a code', 'drop', '/', [['nobody'], []], false, { message: 'bye' }],
    ['a reason that is a number', 'user', 'ann', 5],
    ['a user that is a number', 'user', 5, { code: 'a', message: 'b' }],
    ['an event that is no list', 'servers', '/', 'event'],
    ['a question on sockets without a target', 'ask', 1, 'sockets', '/'],
    ['a question on acknowledgements without an event', 'ask', 1, 'acks', '/', [null, []], 'event', 10],
    ['a question on acknowledgements without a time', 'ask', 1, 'acks', '/', [['nobody'], []], ['event']],
    ['a question to listeners without an event', 'ask', 1, 'listeners', '/', null],
  ])('ignores %s, and reads on', async (what, kind, ...args) => {
    const before = unreadable();
    await intruder.publish(messages(`2${JSON.stringify([kind, ...args])}`, introduction(`reads on: ${what}`)));
    for (const { server } of nodes) {
      await expect.poll(() => server.cluster.nodes.map(({ name }) => name), SOON).toContain(`reads on: ${what}`);
    }
    await counted(before, 1);
  });

  it('ignores packets that are no events, and kinds that it does not know', async () => {
    const before = unreadable();
    for (const packet of ['3["ack"]', '2{}', '2[]', 'no packet', '2["toString"]', '2["__proto__",{}]', '2["later"]']) {
      await intruder.publish(messages(packet));
    }
    await counted(before, 4);
  });

  it('survives messages of every kind with any arguments', async () => {
    const values = oneof(
      jsonValue({ maxDepth: 3 }),
      constantFrom<unknown>('/', [null, []], [['nobody'], []], ['room'], 'sockets', 'ids', 'count', 'listeners', 1, -1),
    );
    await assert(
      asyncProperty(constantFrom(...KINDS), array(values, { maxLength: 6 }), async (kind, args) => {
        // Well formed, these two would do as they say.
        if (kind === 'drop' || kind === 'user') args = [5, ...args];
        await intruder.publish(messages(`2${JSON.stringify([kind, ...args])}`));
        await setImmediate();
      }),
      FUZZ,
    );
  });

  it('ignores answers to questions that it has not asked, and answers that make no sense', async () => {
    const [one, other] = nodes as [ClusterNode, ClusterNode];
    const target = one.server.cluster.nodes[0]?.id as string;
    const guesses = Array.from({ length: 40 }, (_, question) => question);
    const contents: unknown[][] = [[], [null], [5], [[null]], [[{ id: 5 }]], [['a', 5]], ['text'], [[], 'many', null]];
    for (const content of contents) {
      for (const question of guesses) await intruder.send('answer', target, question, ...content);
    }
    expect(await one.server.timeout(10_000).fetchSocketIds()).toHaveLength(2);
    expect(await other.server.timeout(10_000).fetchSocketIds()).toHaveLength(2);
  });

  it('answers to a question that make no sense count as none', async () => {
    const { server } = nodes[0] as ClusterNode;
    const senseless: Record<string, unknown[]> = {
      sockets: [[{ id: 5 }, null]],
      ids: [[5]],
      count: [-0.5],
      acks: ['x', 5],
    };
    let asked = 0;
    const onAsk = (_question: unknown, subject: unknown): unknown[] => {
      asked++;
      return senseless[String(subject)] ?? [];
    };
    const liar = await SilentNode.start(broker, 'liar-00001', { onAsk });
    await expect.poll(() => server.cluster.nodes.some(({ id }) => id === 'liar-00001'), SOON).toBe(true);
    expect(await server.fetchSockets()).toHaveLength(2);
    expect(await server.fetchSocketIds()).toHaveLength(2);
    expect(await server.countSockets()).toBe(2);
    expect(await server.to('nobody').timeout(10_000).emitWithAck('whoami')).toEqual([]);
    expect(asked).toBe(4);
    await liar.close();
    await expect.poll(() => server.cluster.nodes.some(({ id }) => id === 'liar-00001'), SOON).toBe(false);
  });

  it('finds a node again that somebody else has said goodbye for', async () => {
    const [one, other] = nodes as [ClusterNode, ClusterNode];
    const { id } = other.server.cluster.nodes[0] as { id: string };
    const before = one.server.cluster.nodes.length;
    const forged = messages('2["bye"]');
    forged.write(id, HEADER.node, 'latin1');
    await intruder.publish(forged);
    await expect.poll(() => one.server.cluster.nodes.length, SOON).toBe(before - 1);
    other.server.emit('still there');
    const version = (): string | undefined => one.server.cluster.nodes.find((node) => node.id === id)?.version;
    await expect.poll(version, SOON).toBe(ownVersion());
  });
});

/** Frames to clients are not decoded on their way, so a client would close its connection. */
function isHarmless(entry: Entry): boolean {
  return 'packet' in entry || entry.namespace !== '/';
}

/** The number of its newest bulletin. */
let sequence = 10;

/** Returns a bulletin of the intruder. */
function bulletinOf(fill: (writer: BulletinWriter) => void, codec = 0): Buffer {
  const writer = new BulletinWriter(INTRUDER, codec);
  fill(writer);
  const bytes = writer.take();
  bytes.writeUIntBE(++sequence, HEADER.sequence, 6);
  return bytes;
}

function messages(...packets: readonly string[]): Buffer {
  return bulletinOf((writer) => {
    for (const packet of packets) writer.message(packet);
  });
}

function introduction(name: string): string {
  return `2${JSON.stringify(['hello', { name, version: '1.0.0', serves: false }, false])}`;
}
