/**
 * A Nest application on the built package with thousands of clients: the server of the benchmark in one process, and
 * its load generator, which checks every message, in another.
 */
import { fileURLToPath } from 'node:url';
import { Program } from '../bench/program.mjs';
import { requireBuild } from './build.js';
import { onCleanUp } from './engine-clean-up.js';

/** Memory in bytes after a garbage collection. */
export interface Memory {
  /** JavaScript objects and buffers. */
  readonly heap: number;
  readonly rss: number;
}

export class Crowd {
  readonly port: number;
  readonly #server: Program;
  readonly #load: Program;

  private constructor(port: number, server: Program, load: Program) {
    this.port = port;
    this.#server = server;
    this.#load = load;
  }

  /** Starts both processes, which `cleanUp` stops. */
  static async start(): Promise<Crowd> {
    requireBuild();
    const [server, load] = await Promise.all([
      Program.start(benchFile('servers/nest-socketio.mjs')),
      Program.start(benchFile('load/generator.mjs')),
    ]);
    onCleanUp(() => Promise.all([server.stop(), load.stop()]));
    return new Crowd(await server.ask<number>('port'), server, load);
  }

  // --- Clients ---

  /** Connects clients to `/`. @param atOnce the number of simultaneous handshakes */
  async open(count: number, atOnce: number): Promise<void> {
    await this.#load.ask('open', { ports: [this.port], protocol: 'socket.io', count, atOnce });
  }

  /** Destroys the TCP connections of all clients. @returns the first failure of a connection until then */
  async vanish(): Promise<string | null> {
    return (await this.#load.ask<{ failure: string | null }>('close')).failure;
  }

  /** Lets all clients check from now on that they get broadcasts `0` up to `each`, in order. */
  async listen(each: number): Promise<void> {
    await this.#load.ask('listen', { each, groups: 1 });
  }

  /** Waits for these broadcasts. @returns how many arrived at all clients together, and the first failure */
  heard(): Promise<{ readonly count: number; readonly failure: string | null }> {
    return this.#load.ask('heard');
  }

  // --- The server ---

  /** Broadcasts to all clients, over `count / perTurn` turns of the event loop. */
  async broadcast(count: number, perTurn: number): Promise<void> {
    await this.#server.ask('broadcast', { count, perTurn, rooms: 0 });
  }

  /** Puts all clients into rooms, in turn. */
  async join(rooms: number): Promise<void> {
    await this.#server.ask('join', { rooms });
  }

  /** The number of connections. */
  connections(): Promise<number> {
    return this.#server.ask('clients');
  }

  async memory(): Promise<Memory> {
    const { heapUsed, external, rss } = await this.#server.ask<Record<string, number>>('memory');
    return { heap: Number(heapUsed) + Number(external), rss: Number(rss) };
  }
}

function benchFile(name: string): string {
  return fileURLToPath(new URL(`../bench/${name}`, import.meta.url));
}
