/**
 * Nodes of a cluster that have no clients. They publish bulletins through the engine of the cluster, with broadcasts to
 * rooms without members on any other node. Run as a program, it answers commands.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BulletinWriter } from '../../../dist/cluster/bulletin/bulletin-writer.js';
import { encodeMessage } from '../../../dist/cluster/node/messages.js';
import { consoleLog, Message, systemClock } from '../../../dist/engine/internal.js';
import { encode } from '../../../dist/protocol/internal.js';
import { BroadcastTarget } from '../../../dist/server/internal.js';
import { answerCommands } from '../commands.mjs';
import { HEARD, textOf } from '../wire.mjs';

const CONTEXT = { clock: systemClock, log: consoleLog, scope: '', keepFor: null, keepAtMost: 0 };
const LISTENER = { received() {}, connection() {}, gap() {} };
const TO_ALL = BroadcastTarget.of(null, [], {});
const { wire } = Message.of(encode({ type: 2, nsp: '/', data: [HEARD, textOf(0, 0)] }));

export class SimulatedNodes {
  #nodes;
  #built = [];

  /** @param factory the broker */
  static async open(factory, count) {
    const nodes = new SimulatedNodes();
    nodes.#nodes = await Promise.all(
      Array.from({ length: count }, async (_, i) => {
        const broker = await factory.create(CONTEXT);
        await broker.open(LISTENER);
        return { broker, writer: new BulletinWriter(`simulate${String(i).padStart(2, '0')}`, 0) };
      }),
    );
    const introduction = { name: 'simulated', version: '0', serves: true };
    await nodes.#publishEach((writer) => writer.message(encodeMessage('hello', [introduction, false])));
    return nodes;
  }

  /** Builds bulletins before the clock starts. @param records broadcasts in each; 0 builds heartbeats */
  build(bulletins, records) {
    this.#built = Array.from({ length: bulletins }, (_, i) => {
      const { broker, writer } = this.#nodes[i % this.#nodes.length];
      if (records === 0) writer.message(encodeMessage('beat', []));
      for (let j = 0; j < records; j++) {
        writer.broadcast('/', BroadcastTarget.of([`room-${1_000 + j}`], [], {}), false, wire);
      }
      return { broker, bytes: writer.take() };
    });
  }

  /**
   * Publishes the bulletins that were built; the nodes take turns.
   * @param perSecond of all nodes together
   */
  async publish(perSecond = Infinity) {
    const startedAt = performance.now();
    const sent = [];
    for (const { broker, bytes } of this.#built) {
      while (sent.length / perSecond > (performance.now() - startedAt) / 1000) await sleep(1);
      sent.push(broker.publish(bytes));
    }
    await Promise.all(sent);
    this.#built = [];
  }

  /** Every node sends one event to all clients. */
  broadcast() {
    return this.#publishEach((writer) => writer.broadcast('/', TO_ALL, false, wire));
  }

  async close() {
    await this.#publishEach((writer) => writer.message(encodeMessage('bye', [])));
    await Promise.all(this.#nodes.map(({ broker }) => broker.close()));
  }

  async #publishEach(append) {
    await Promise.all(
      this.#nodes.map(({ broker, writer }) => {
        append(writer);
        return broker.publish(writer.take());
      }),
    );
  }
}

if (process.send !== undefined && process.argv[1]?.endsWith('simulated-nodes.mjs')) {
  const { redisBroker } = await import('../../../dist/cluster/redis/redis-broker.js');
  let nodes;
  answerCommands({
    async open({ url, count }) {
      nodes = await SimulatedNodes.open(redisBroker({ url }), count);
    },
    build: ({ bulletins, records }) => nodes.build(bulletins, records),
    publish: ({ perSecond }) => nodes.publish(perSecond ?? Infinity),
    broadcast: () => nodes.broadcast(),
    close: () => nodes.close(),
  });
}
