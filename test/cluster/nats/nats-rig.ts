/** Brokers on a NATS server, which are closed after the test, and the messages that they receive. */
import { expect, onTestFinished } from 'vitest';
import type { Broker } from '../../../lib/cluster/broker/broker.js';
import { natsBroker, type NatsBrokerOptions } from '../../../lib/cluster/nats/nats-broker.js';
import { BrokerNode, REAL_TIME } from '../../support/broker-inbox.js';
import { type Nats, type NatsOptions, startNats } from '../../support/nats.js';
import { expectNothingUncaught } from '../../support/uncaught.js';

/** Options for `expect.poll`: a broker tries again at least every two seconds. */
export const SOON = { timeout: 10_000, interval: 20 };

/** Starts a server that is stopped after the test. */
export async function nats(options?: NatsOptions): Promise<Nats> {
  const server = await startNats(options);
  onTestFinished(() => server.stop());
  return server;
}

/** A server with a broker on NATS. */
export class Node extends BrokerNode {
  /** Settles with `open()`. */
  readonly opened: Promise<void>;

  constructor(broker: Broker) {
    super(broker);
    this.opened = broker.open(this);
    this.opened.catch(() => {}); // a test may not await it
  }
}

/** Creates a broker and opens it, without waiting. @param keepFor ms */
export async function start(options: NatsBrokerOptions, keepFor: number | null = null, scope = ''): Promise<Node> {
  expectNothingUncaught();
  const broker = await natsBroker(options).create({ ...REAL_TIME, scope, keepFor, keepAtMost: 1_000 });
  onTestFinished(() => broker.close());
  return new Node(broker);
}

/** Creates a broker and opens it. */
export async function open(options: NatsBrokerOptions, keepFor: number | null = null): Promise<Node> {
  const node = await start(options, keepFor);
  await node.opened;
  return node;
}

/** Four servers: one in no scope, one in another, and two that share one. Only these two reach each other. */
export async function startScopes(url: string, keepFor: number | null = null): Promise<[nodes: Node[], same: Node]> {
  const scopes = ['', '3000-chat', '3000-admin', '3000-chat'];
  const nodes = await Promise.all(scopes.map((scope) => start({ url }, keepFor, scope)));
  await Promise.all(nodes.map(({ opened }) => opened));
  const same = nodes.pop() as Node;
  await Promise.all(nodes.map((node, i) => node.say(String(i))));
  await expect.poll(() => same.texts, SOON).toEqual(['1']);
  return [nodes, same];
}
