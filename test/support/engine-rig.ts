/** A server of connections on a free port, what it says, and what its connections are told. */
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo, Socket as NetSocket } from 'node:net';
import type { Connection, ConnectionHandler } from '../../lib/engine/connection/connection.js';
import type { CloseReason } from '../../lib/engine/connection/connection-state.js';
import { type EngineOptions, resolveEngineOptions } from '../../lib/engine/engine-options.js';
import { EngineServer } from '../../lib/engine/engine-server.js';
import type { Log } from '../../lib/engine/log.js';
import { onCleanUp } from './engine-clean-up.js';
import { Inbox } from './engine-inbox.js';
import { ManualClock } from './manual-clock.js';

/** Keeps what is logged. */
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

/** The handler of one connection: keeps what it is told. */
export class Recorder implements ConnectionHandler {
  readonly told = new Inbox<Told>();
  /** What it does with a text, beside keeping it. */
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
  /** The targets of all upgrade requests, each when the engine has seen it. */
  readonly upgrades = new Inbox<string | undefined>();
  /** What happens when a connection is accepted, before its open packet. */
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
 * Starts a server on a free port; {@link cleanUp} ends it.
 * @param http with listeners of its own, if the test wants some
 */
export async function startEngine(options: EngineOptions = {}, http = createServer()): Promise<EngineRig> {
  const rig = new EngineRig(options, http, new ManualClock(), new RecordingLog());
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve);
  });
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

/** Ends the present turn of the event loop, and with it the outbox's. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
