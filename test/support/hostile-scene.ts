/**
 * A server with clients that violate the protocol. In every test, a second, well-behaved client must stay unaffected.
 * No exception may go uncaught, no error may be logged, and no client may receive internals such as a stack trace.
 */
import { afterEach, beforeEach, expect } from 'vitest';
import type { ServerOptions, Socket } from '../../lib/server/internal.js';
import { cleanUp } from './engine-clean-up.js';
import { turn } from './engine-rig.js';
import { type ServerRig, startServer } from './server-rig.js';
import type { WireClient, WireOptions } from './server-wire.js';

export const PART = '{"_placeholder":true,"num":0}';
export const BYTES = Buffer.from('0102', 'hex');

/** Matches internals of the server in a message to a client. */
const LEAK = /\n\s+at |node:|node_modules|file:|\.[cm]?[jt]s\b|\/(?:lib|src|dist)\//;

/** The text of a close frame. */
const REASON = /^[\w ,.;:'()/-]{0,123}$/;

export type Messages = readonly (string | Buffer)[];

/** Formats messages for a test title. */
export function title(messages: Messages): string {
  return messages
    .map((message) => (typeof message === 'string' ? `'${message.slice(0, 60)}'` : `<${message.length} bytes>`))
    .join(', ');
}

export interface Subject {
  readonly client: WireClient;
  readonly socket: Socket;
  /** The events and arguments that the socket's listeners were called with, in order. */
  readonly told: unknown[][];
}

export class HostileScene {
  rig!: ServerRig;
  neighbour!: WireClient;
  #clients: WireClient[] = [];
  readonly #escaped: unknown[] = [];
  readonly #escape = (error: unknown): unknown => this.#escaped.push(error);

  /** Starts a server and connects the well-behaved client. */
  async start(options: ServerOptions = {}): Promise<void> {
    this.rig = await startServer(options);
    this.rig.of('/custom');
    this.rig.of('/other');
    [this.neighbour] = await this.rig.join();
    this.#clients = [this.neighbour];
    await this.neighbour.idle();
  }

  /** Replaces the server by one with other options. */
  async restart(options: ServerOptions): Promise<void> {
    await cleanUp();
    await this.start(options);
  }

  /** Connects a client that has not joined a namespace. */
  async open(options?: WireOptions): Promise<WireClient> {
    const client = await this.rig.open(options);
    this.#clients.push(client);
    return client;
  }

  /** Connects a client to `/`. */
  async join(): Promise<Subject> {
    const client = await this.open();
    const socket = this.rig.server.sockets.sockets.get(await client.join()) as Socket;
    const told: unknown[][] = [];
    for (const event of ['error', 'disconnecting', 'disconnect']) {
      socket.on(event, (...args: unknown[]) => told.push([event, ...args]));
    }
    socket.onAny((...event: unknown[]) => event[0] === 'fence' || told.push(['event', ...event]));
    return { client, socket, told };
  }

  /** Takes the logged errors. A test takes those that it expects, because none may remain. */
  faults(): string[] {
    return this.rig.log.errors.splice(0).map(([message]) => message);
  }

  watch(): void {
    process.on('uncaughtException', this.#escape).on('unhandledRejection', this.#escape);
  }

  async check(): Promise<void> {
    try {
      await this.neighbour.idle();
      await turn();
      expect(this.#escaped).toEqual([]);
      expect(this.rig.log.errors).toEqual([]); // a client's mistake must not be logged as a server error
      for (const { heard, reason } of this.#clients) {
        expect(heard.filter((message) => LEAK.test(message.toString()))).toEqual([]);
        expect(reason).toMatch(REASON); // a sentence of ours, without the input of the client
        expect(reason).not.toMatch(LEAK);
      }
    } finally {
      process.off('uncaughtException', this.#escape).off('unhandledRejection', this.#escape);
      this.#escaped.length = 0;
      await cleanUp();
    }
  }
}

/** Starts a new scene for each test of a file. */
export function hostileScene(options: ServerOptions = {}): HostileScene {
  const scene = new HostileScene();
  beforeEach(async () => {
    scene.watch();
    await scene.start(options);
  });
  afterEach(() => scene.check());
  return scene;
}
