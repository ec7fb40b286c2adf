/** An engine server on a free port with a manual clock and a recording log, and recorders for its connections. */
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo, Socket as NetSocket } from 'node:net';
import type { Connection, ConnectionHandler } from '../../lib/engine/connection/connection.js';
import type { CloseReason } from '../../lib/engine/connection/connection-state.js';
import { type EngineOptions, resolveEngineOptions } from '../../lib/engine/engine-options.js';
import { EngineServer } from '../../lib/engine/engine-server.js';
import type { Log } from '../../lib/engine/log.js';
import { onCleanUp } from './engine-clean-up.js';
import { Inbox } from './engine-inbox.js';
import { listen } from './listen.js';
import { ManualClock } from './manual-clock.js';

/** Records all log messages. */
export class RecordingLog implements Log {
  readonly debugs: string[] = [];
  readonly warnings: string[] = [];
  readonly errors: [message: string, error: unknown][] = [];

  debug(message: string): void {
    this.debugs.push(message);
  }

  warn(message: string): void {
    this.warnings.push(message);
  }

  error(message: string, error?: unknown): void {
    this.errors.push([message, error]);
  }
}

export type Told =
  | readonly ['text', string]
  | readonly ['binary', Buffer]
  | readonly ['close', CloseReason, description?: unknown];

/** The handler of one connection. It records every call. */
export class Recorder implements ConnectionHandler {
  readonly told = new Inbox<Told>();
  /** Called with every text, in addition to recording it. */
  react: (text: string) => void = () => {};

  constructor(
    readonly connection: Connection,
    /** The server's end of the TCP connection. */
    readonly socket: NetSocket,
  ) {}

  onText(text: string): void {
    this.told.push(['text', text]);
    this.react(text);
  }

  onBinary(data: Buffer): void {
    this.told.push(['binary', data]);
  }

  onClose(reason: CloseReason, description?: unknown): void {
    this.told.push(description === undefined ? ['close', reason] : ['close', reason, description]);
  }
}

export class EngineRig {
  readonly http: HttpServer;
  readonly engine: EngineServer;
  readonly clock: ManualClock;
  readonly log: RecordingLog;
  /** The server's ends of all TCP connections, in the order of their arrival. */
  readonly sockets: NetSocket[] = [];
  /** The connections that were accepted, in the order of their arrival. */
  readonly accepted = new Inbox<Recorder>();
  /** The targets of all upgrade requests, each recorded after the engine has handled it. */
  readonly upgrades = new Inbox<string | undefined>();
  /** Called when a connection is accepted, before its open packet is sent. */
  welcome: (recorder: Recorder) => void = () => {};

  constructor(options: EngineOptions, http: HttpServer, clock: ManualClock, log: RecordingLog) {
    this.http = http;
    this.clock = clock;
    this.log = log;
    http.on('connection', (socket) => this.sockets.push(socket));
    this.engine = new EngineServer(resolveEngineOptions({ clock, logger: log, ...options }), (connection) =>
      this.#handlerFor(connection),
    );
    this.engine.attach(http);
    http.on('upgrade', ({ url }) => this.upgrades.push(url));
  }

  get port(): number {
    return (this.http.address() as AddressInfo).port;
  }

  #handlerFor(connection: Connection): Recorder {
    const recorder = new Recorder(connection, this.sockets.at(-1) as NetSocket);
    this.welcome(recorder);
    this.accepted.push(recorder);
    return recorder;
  }
}

/**
 * Starts a server on a free port, which {@link cleanUp} closes.
 * @param http an HTTP server of the test, for example with more listeners
 */
export async function startEngine(options: EngineOptions = {}, http = createServer()): Promise<EngineRig> {
  const rig = new EngineRig(options, http, new ManualClock(), new RecordingLog());
  await listen(http);
  onCleanUp(
    () =>
      new Promise((resolve) => {
        http.close(resolve);
        http.closeAllConnections();
        for (const socket of rig.sockets) socket.destroy();
      }),
  );
  return rig;
}

/** Resolves in the next turn of the event loop, after the outbox has been flushed. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
