/**
 * The handlers of the events of a namespace. They belong to the namespace, not to its sockets: a client costs nothing,
 * and an event costs one lookup. An exception or rejection of a handler is logged with its event and client.
 */
import { type Clock, isThenable, type Log, type LogFields, ThrottledLog } from '../../engine/internal.js';
import { didYouMean, label, quote } from '../../errors.js';
import { type EventPacket, weightOf } from '../../protocol/internal.js';

/** Bytes that an event costs in addition to its payload. */
const EVENT_COST = 256;

/** Bytes below which the arrays and objects of a payload are not worth counting. */
const SMALL_EVENT = 512;

/** The name under which the handler of all other events is set. */
const CATCH_ALL = '*';

/** The handler of each event. @typeParam H the type of a handler */
export class EventTable<H> {
  readonly #handlers = new Map<string, H>();
  readonly #namespace: string;
  readonly #log: Log;
  readonly #throttledLog: ThrottledLog;
  #catchAll: H | null = null;
  #unhandled = 0;

  constructor(namespace: string, { logger, clock }: { readonly logger: Log; readonly clock: Clock }) {
    this.#namespace = namespace;
    this.#log = logger;
    this.#throttledLog = new ThrottledLog(() => clock.now());
  }

  /** The number of events without a handler so far. */
  get unhandled(): number {
    return this.#unhandled;
  }

  set(event: string, handler: H): void {
    if (event === CATCH_ALL) this.#catchAll = handler;
    else this.#handlers.set(event, handler);
  }

  /** Whether an event has a handler other than the catch-all. */
  names(event: string | number): boolean {
    return this.#handlers.has(String(event));
  }

  /**
   * Returns the handler of an event, or else the catch-all handler.
   * @param common the table of the wildcard namespace, which is tried last
   */
  get(event: string | number, common?: EventTable<H>): H | null {
    return this.#handlers.get(String(event)) ?? this.#catchAll ?? common?.get(event) ?? null;
  }

  /**
   * Copies the handlers of another table, except for events that have one already.
   * @returns the events that have one already
   */
  inherit(from: EventTable<H>): string[] {
    const taken: string[] = [];
    for (const [event, handler] of from.#handlers) {
      const own = this.#handlers.get(event);
      if (own === handler) continue;
      if (own !== undefined) taken.push(event);
      else this.#handlers.set(event, handler);
    }
    if (this.#catchAll === null) this.#catchAll = from.#catchAll;
    else if (from.#catchAll !== null) taken.push(CATCH_ALL);
    return taken;
  }

  /** Counts an event without a handler and, at most once a minute, logs it with the nearest known name. */
  addUnhandled(event: string | number): void {
    this.#unhandled++;
    const name = String(event);
    const line = this.#throttledLog.pass(
      'unhandled',
      `no handler for event ${quote(name)} in ${label(this.#namespace)}`,
    );
    if (line === null) return;
    const fields = { namespace: this.#namespace, event: name };
    this.#log.debug(line + didYouMean(name.slice(0, 100), this.#handlers.keys()), fields);
  }
}

/** A socket, as the handlers of its events see it. */
interface HandledSocket {
  /** Counts the handlers that are running. */
  readonly client: { started(weight: number): void; finished(weight: number): void };
  readonly logFields: LogFields;
}

type Handler<S> = (socket: S, packet: EventPacket, size?: number) => void | Promise<void>;

/** The namespace, as its event handlers see it. */
export interface HandlingNamespace<S extends HandledSocket> {
  readonly name: string;
  readonly log: Log;
  readonly eventHandlers: EventHandlers<S>;
  /** Whether an acknowledgement of an event without a handler is answered. */
  readonly answersUnknownEvents: boolean;
  /** The namespace whose handlers apply to all namespaces, if there is one. */
  readonly wildcard: HandlingNamespace<S> | undefined;
  /** Logs a failure, see `Namespace`. */
  failed(what: string, error: unknown, fields: LogFields, kind?: string): void;
  /** Reports an asynchronous handler to the reader of the log. */
  runs(what: string, event: string | number, running: Promise<void>): void;
}

/** @typeParam S the type of a socket */
export class EventHandlers<S extends HandledSocket> {
  readonly table: EventTable<Handler<S>>;
  readonly #namespace: HandlingNamespace<S>;

  constructor(namespace: HandlingNamespace<S>, options: { readonly logger: Log; readonly clock: Clock }) {
    this.table = new EventTable(namespace.name, options);
    this.#namespace = namespace;
  }

  /** Calls the handler of an event. @returns whether there is one */
  handle(socket: S, packet: EventPacket, size: number): boolean {
    const name = packet.data[0];
    const handler = this.table.get(name, this.#namespace.wildcard?.eventHandlers.table);
    if (handler === null) return false;
    try {
      // Not through `contain`: its closures are 200 of the 1,480 bytes that an acknowledged event allocates here.
      const running: unknown = handler(socket, packet, size);
      if (isThenable(running)) this.#follow(socket, name, running, weightOfEvent(packet, size));
    } catch (error) {
      this.#failed(socket, name, error);
    }
    return true;
  }

  /** Whether there is a handler for an event. */
  handles(event: string | number): boolean {
    return this.table.get(event, this.#namespace.wildcard?.eventHandlers.table) !== null;
  }

  /** Whether an event has a handler other than a catch-all. */
  names(event: string | number): boolean {
    return this.table.names(event) || this.#namespace.wildcard?.eventHandlers.table.names(event) === true;
  }

  /** Counts an event without a handler. @returns the error for a client that is to be answered, or `null` */
  unhandled(event: string | number): { readonly code: string; readonly message: string } | null {
    const { name, answersUnknownEvents, wildcard } = this.#namespace;
    this.table.addUnhandled(event);
    if (!answersUnknownEvents && wildcard?.answersUnknownEvents !== true) return null;
    return { code: 'unknown_event', message: `${label(name)} has no handler for the event ${quote(String(event))}` };
  }

  /**
   * Copies the handlers of a parent namespace, except for events that have one already, which is logged.
   * @param from the name of the parent
   */
  inherit(parent: EventHandlers<S>, from: string): void {
    const { name, log } = this.#namespace;
    for (const event of this.table.inherit(parent.table)) {
      const what = `${quote(name)} is served by several patterns that handle ${quote(event)}`;
      log.error(`${what}: the handler of ${from} is left out`, undefined, { namespace: name, event });
    }
  }

  /** Waits for an asynchronous handler, to log its failure. Meanwhile it counts as work of its client. */
  #follow(socket: S, event: string | number, running: PromiseLike<unknown>, weight: number): void {
    const { client } = socket;
    client.started(weight);
    const settled = Promise.resolve(running).then(
      () => client.finished(weight),
      (error: unknown) => {
        client.finished(weight);
        this.#failed(socket, event, error);
      },
    );
    this.#namespace.runs('the handler', event, settled);
  }

  #failed(socket: S, event: string | number, error: unknown): void {
    const what = `the handler of ${quote(String(event))}`;
    const fields = { ...socket.logFields, event: String(event) };
    this.#namespace.failed(what, error, fields, this.names(event) ? what : 'the catch-all handler');
  }
}

function weightOfEvent(packet: EventPacket, size: number): number {
  return EVENT_COST + (size <= SMALL_EVENT ? size : weightOf(packet, size));
}
