/**
 * A server among clients that break the rules. In every test a second client, which keeps them, must not
 * notice anything; nothing may escape, be logged as our error, or tell a client how we are made.
 */
import { afterEach, beforeEach, expect } from 'vitest';
import type { ServerOptions, Socket } from '../../lib/server/index.js';
import { cleanUp } from './engine-clean-up.js';
import { turn } from './engine-rig.js';
import { type ServerRig, startServer } from './server-rig.js';
import type { WireClient, WireOptions } from './server-wire.js';

export const PART = '{"_placeholder":true,"num":0}';
export const BYTES = Buffer.from('0102', 'hex');

/** Traces of our code in something that a client gets to see. */
const LEAK = /\n\s+at |node:|node_modules|file:|\.[cm]?[jt]s\b|\/(?:lib|src|dist)\//;

export type Messages = readonly (string | Buffer)[];

/** Messages as the name of a test shows them. */
export function title(messages: Messages): string {
  return messages
    .map((message) => (typeof message === 'string' ? `'${message.slice(0, 60)}'` : `<${message.length} bytes>`))
    .join(', ');
}

export interface Subject {
  readonly client: WireClient;
  readonly socket: Socket;
  /** What the socket's listeners were told, in order. */
  readonly told: unknown[][];
}

export class HostileScene {
  rig!: ServerRig;
  neighbour!: WireClient;
  #clients: WireClient[] = [];
  readonly #escaped: unknown[] = [];
  readonly #escape = (error: unknown): unknown => this.#escaped.push(error);

  /** A server with the well-behaved client. */
  async start(options: ServerOptions = {}): Promise<void> {
    this.rig = await startServer(options);
    this.rig.of('/custom');
    this.rig.of('/other');
    [this.neighbour] = await this.rig.join();
    this.#clients = [this.neighbour];
    await this.neighbour.idle();
  }

  /** The same with other options, in place of the one that is there. */
  async restart(options: ServerOptions): Promise<void> {
    await cleanUp();
    await this.start(options);
  }

  /** A client that has joined nothing. */
  async open(options?: WireOptions): Promise<WireClient> {
    const client = await this.rig.open(options);
    this.#clients.push(client);
    return client;
  }

  /** A client in `/`. */
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

  /** What has been logged as an error: a test takes what it expects, since none may be left. */
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
      expect(this.rig.log.errors).toEqual([]); // what a client does wrong is not our error
      for (const { heard, reason } of this.#clients) {
        expect(heard.filter((message) => LEAK.test(message.toString()))).toEqual([]);
        expect(reason).toBe('');
      }
    } finally {
      process.off('uncaughtException', this.#escape).off('unhandledRejection', this.#escape);
      this.#escaped.length = 0;
      await cleanUp();
    }
  }
}

/** A scene for each test of a file. */
export function hostileScene(): HostileScene {
  const scene = new HostileScene();
  beforeEach(async () => {
    scene.watch();
    await scene.start();
  });
  afterEach(() => scene.check());
  return scene;
}
