/** Brokers on a NATS server, which are closed after the test, and the messages that they receive. */
import { onTestFinished } from 'vitest';
import type { Broker, BrokerListener, BrokerStore } from '../../../lib/cluster/broker/broker.js';
import { natsBroker, type NatsBrokerOptions } from '../../../lib/cluster/nats/nats-broker.js';
import { consoleLog, systemClock } from '../../../lib/engine/internal.js';
import { type Nats, type NatsOptions, startNats } from '../../support/nats.js';
import { expectNothingUncaught } from '../../support/uncaught.js';

/** Options for `expect.poll`: a broker tries again every half second. */
export const SOON = { timeout: 10_000, interval: 20 };

/** Starts a server that is stopped after the test. */
export async function nats(options?: NatsOptions): Promise<Nats> {
  const server = await startNats(options);
  onTestFinished(() => server.stop());
  return server;
}

export interface Node {
  readonly broker: Broker;
  readonly store: BrokerStore;
  readonly received: string[];
  readonly positions: (string | null)[];
  readonly problems: (string | null)[];
  gaps: number;
  /** Settles with `open()`. */
  readonly opened: Promise<void>;
}

/** Creates a broker and opens it, without waiting. @param keepFor ms */
export async function start(options: NatsBrokerOptions, keepFor: number | null = null, scope = ''): Promise<Node> {
  expectNothingUncaught();
  const context = { clock: systemClock, log: consoleLog, scope, keepFor, keepAtMost: 1_000 };
  const broker = await natsBroker(options).create(context);
  const listener: BrokerListener = {
    received(bytes, position) {
      node.received.push(bytes.toString());
      node.positions.push(position);
    },
    connection: (problem) => void node.problems.push(problem),
    gap: () => void node.gaps++,
  };
  const opened = broker.open(listener);
  opened.catch(() => {}); // a test may not await it
  const node: Node = {
    broker,
    get store() {
      if (broker.store === null) throw new Error('the broker keeps nothing');
      return broker.store;
    },
    received: [],
    positions: [],
    problems: [],
    gaps: 0,
    opened,
  };
  onTestFinished(() => broker.close());
  return node;
}

/** Creates a broker and opens it. */
export async function open(options: NatsBrokerOptions, keepFor: number | null = null): Promise<Node> {
  const node = await start(options, keepFor);
  await node.opened;
  return node;
}

/** Publishes a text. */
export function say({ broker }: Node, text: string): Promise<void> {
  return broker.publish(Buffer.from(text));
}

/** Closes a broker. @returns the ms that it took */
export async function timeToClose({ broker }: Node): Promise<number> {
  const begun = performance.now();
  await broker.close();
  return performance.now() - begun;
}
