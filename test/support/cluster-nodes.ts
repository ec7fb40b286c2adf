/** Servers of this package in one cluster, in one process, each on a free port. */
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Broadcaster,
  type BrokerOption,
  createCluster,
  Server,
  type ServerOptions,
  SocketIoEmitterModule,
} from 'nest-socketio';
import { createServer } from 'node:http';
import type { Socket } from 'socket.io-client';
import { expect, vi } from 'vitest';
import type { Broker, BrokerFactory } from '../../lib/cluster/broker/broker.js';
import { Bulletin } from '../../lib/cluster/bulletin/bulletin.js';
import { BulletinWriter } from '../../lib/cluster/bulletin/bulletin-writer.js';
import { decodeMessage, encodeMessage, type MessageKind } from '../../lib/cluster/node/messages.js';
import { systemClock } from '../../lib/engine/internal.js';
import { RecordingLog } from './engine-rig.js';
import { next, SOON } from './events.js';
import { listen } from './listen.js';
import { connectStock, type StockOptions } from './stock-client.js';

export interface ClusterNode {
  readonly server: Server;
  readonly log: RecordingLog;
  readonly url: string;
  /** Connects a stock client and resolves when it is connected. It is disconnected after the test. */
  connect(namespace?: string, options?: StockOptions): Promise<Socket>;
  close(): Promise<void>;
}

/** @param scope see {@link createCluster} */
export async function startNode(broker: BrokerOption, options: ServerOptions = {}, scope = ''): Promise<ClusterNode> {
  const http = createServer();
  const log = new RecordingLog();
  const server = new Server(http, { ...options, logger: log, broker: createCluster(broker, scope) });
  const port = await listen(http);
  await server.joinCluster();
  return {
    server,
    log,
    url: `http://127.0.0.1:${port}`,
    async connect(namespace = '/', given = {}) {
      const client = connectStock(`http://127.0.0.1:${port}${namespace}`, given);
      await next(client, 'connect');
      return client;
    },
    async close() {
      await server.close();
      http.close();
    },
  };
}

/** Resolves when each node knows this number of nodes, itself included. */
export async function acquainted(nodes: readonly ClusterNode[], count = nodes.length): Promise<void> {
  await vi.waitFor(() => {
    const known = nodes.map(({ server }) => server.cluster.nodes.filter(({ version }) => version !== 'unknown').length);
    expect(known).toEqual(nodes.map(() => count));
  }, SOON);
}

/** Starts several servers. Resolves when they know each other. */
export async function startNodes(
  count: number,
  broker: BrokerOption,
  options: ServerOptions = {},
  scope = '',
): Promise<ClusterNode[]> {
  const nodes = await Promise.all(Array.from({ length: count }, () => startNode(broker, options, scope)));
  await acquainted(nodes);
  return nodes;
}

export interface Worker {
  readonly broadcaster: Broadcaster;
  close(): Promise<void>;
}

/** Starts an application without a server in the cluster. */
export async function startWorker(broker: BrokerOption): Promise<Worker> {
  @Module({ imports: [SocketIoEmitterModule.forRoot({ broker, logger: new RecordingLog() })] })
  class WorkerModule {}
  const app = await NestFactory.createApplicationContext(WorkerModule, { logger: false, abortOnError: false });
  return { broadcaster: app.get(Broadcaster), close: () => app.close() };
}

export interface SilentNodeOptions {
  /** @default 'silent-host:4711' */
  readonly name?: string;
  /** @default true */
  readonly serves?: boolean;
  /** Called with each question: its number, its subject and so on. Returns the content of the answer. */
  readonly onAsk?: (...question: readonly unknown[]) => readonly unknown[];
}

/** A node that introduces itself, and then says only what a test lets it say. */
export class SilentNode {
  readonly #writer: BulletinWriter;
  readonly #broker: Broker;

  private constructor(id: string, broker: Broker) {
    this.#writer = new BulletinWriter(id, 0);
    this.#broker = broker;
  }

  /** @param id ten characters */
  static async start(
    factory: BrokerFactory,
    id: string,
    { name = 'silent-host:4711', serves = true, onAsk }: SilentNodeOptions = {},
  ): Promise<SilentNode> {
    const log = new RecordingLog();
    const broker = await factory.create({ clock: systemClock, log, scope: '', keepFor: null, keepAtMost: 0 });
    const node = new SilentNode(id, broker);
    await broker.open({
      received: (bytes) => {
        if (onAsk === undefined) return;
        const bulletin = Bulletin.read(bytes);
        bulletin.visit({
          broadcast: () => {},
          message: (packet) => {
            const [kind, ...question] = decodeMessage(packet);
            if (kind !== 'ask' || bulletin.node === id) return;
            void node.send('answer', bulletin.node, question[0], ...onAsk(...question));
          },
        });
      },
      connection: () => {},
      gap: () => {},
    });
    await node.send('hello', { name, version: '1.0.0', serves }, false);
    return node;
  }

  send(kind: MessageKind, ...args: readonly unknown[]): Promise<void> {
    this.#writer.message(encodeMessage(kind, args));
    return this.#broker.publish(this.#writer.take());
  }

  /** Publishes bytes as they are. */
  publish(bytes: Buffer): Promise<void> {
    return this.#broker.publish(bytes);
  }

  async close(): Promise<void> {
    await this.send('bye');
    await this.#broker.close();
  }
}
