/**
 * The lifetime of a server. A server is open, announces its end, closes its parts one after the other, and may be opened
 * again.
 */
import { contain, type EngineServer, inTime } from '../engine/internal.js';
import { SocketIoError } from '../errors.js';
import type { ResolvedServerOptions } from './server-options.js';

/** ms for which a closing server waits for its adapters: a broker that is away must not keep it open. */
const ADAPTER_CLOSE_TIME = 2_000;

/** The parts of a server, as its lifetime sees them. */
export interface EndingServer {
  readonly options: ResolvedServerOptions;
  /** `null` until the server serves. */
  readonly serving: object | null;
  readonly engine: Pick<EngineServer, 'end' | 'close'>;
  readonly http: { close(): Promise<void> };
  readonly streams: { close(): void };
  readonly presences: { close(): void };
  readonly namespaces: {
    endAbsences(): void;
    settled(): Promise<void>;
    /** Closes the adapters. */
    close(): Promise<void>;
  };
  /** `null` without a cluster. */
  readonly joined: { close(): Promise<void> } | null;
  /** Called when no connection is left: releases memory, and stops timers. */
  release(): void;
}

export class ServerLifetime {
  readonly #server: EndingServer;
  /** Resolves after `drain.delay`. Set by {@link announceClose}. */
  #announced: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  #isClosed = false;

  constructor(server: EndingServer) {
    this.#server = server;
  }

  /** Whether the server is closing or closed, or has announced that it will close. */
  get isEnding(): boolean {
    return this.#announced !== null;
  }

  /** @returns resolves after `drain.delay` */
  announceClose(): Promise<void> {
    const { options, serving } = this.#server;
    const delay = serving === null ? 0 : options.drain.delay;
    this.#announced ??=
      delay === 0 ? Promise.resolve() : new Promise((resolve) => void options.engine.clock.after(delay, resolve));
    return this.#announced;
  }

  /** @param done called with no argument, or with the error */
  close(done?: (error?: Error) => void): Promise<void> {
    this.#closing ??= this.#close();
    if (done !== undefined) {
      const call = (error?: Error): void => {
        const { logger } = this.#server.options.engine;
        void contain(
          () => (error === undefined ? done() : done(error)),
          (failure) => logger.error('the callback of close() failed', failure),
        );
      };
      this.#closing.then(() => call(), call);
    }
    return this.#closing;
  }

  /**
   * Makes the server count as open again, after {@link close} has resolved.
   * @returns whether the server was closed, so that its parts must be opened again
   * @throws SocketIoError `SERVER_CLOSED` while the server is closing
   */
  reopen(): boolean {
    if (this.#closing === null) return false;
    if (!this.#isClosed) {
      throw new SocketIoError(
        'SERVER_CLOSED',
        'attach() and listen() must wait until the server is closed: await close()',
      );
    }
    this.#isClosed = false;
    this.#closing = null;
    this.#announced = null;
    return true;
  }

  async #close(): Promise<void> {
    const server = this.#server;
    const { drain } = server.options;
    const announced = this.announceClose();
    if (drain.delay > 0) await announced; // without a delay, the first batch is ended before close() returns
    // The ports come first: when a client notices its end, another server can listen on them.
    const freed = server.http.close();
    server.streams.close();
    await server.engine.end(drain);
    server.streams.close(); // closes streams that handlers have opened meanwhile
    server.namespaces.endAbsences();
    await this.#handlersSettled();
    // Before the closing handshakes, which take a while: the application may end the client of its broker meanwhile.
    server.presences.close();
    await this.#adaptersClosed();
    await server.engine.close(drain);
    server.release();
    await freed;
    this.#isClosed = true;
  }

  async #handlersSettled(): Promise<void> {
    const { options, namespaces } = this.#server;
    const { engine, shutdownTimeout } = options;
    await inTime(namespaces.settled(), shutdownTimeout, engine.clock, () => {
      engine.logger.warn(`connect or disconnect handlers did not finish within shutdownTimeout, ${shutdownTimeout} ms`);
    });
  }

  async #adaptersClosed(): Promise<void> {
    const { options, namespaces, joined } = this.#server;
    const { clock, logger } = options.engine;
    const closed = namespaces.close().then(() => joined?.close());
    await inTime(closed, ADAPTER_CLOSE_TIME, clock, () => {
      logger.warn(`the adapters did not close within ${ADAPTER_CLOSE_TIME} ms`);
    });
  }
}
