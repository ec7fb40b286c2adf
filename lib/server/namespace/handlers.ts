/**
 * The handlers of a namespace: an `EventTable` for events, a `HandlerList` for connects and another for disconnects.
 * They belong to the namespace, not to its sockets: a client costs nothing, and an event costs one lookup.
 */
import { type Clock, type Log, ThrottledLog } from '../../engine/internal.js';
import { didYouMean, label, quote } from '../../errors.js';

/**
 * The connect handlers or the disconnect handlers of a namespace, in order. The handlers of the wildcard namespace run
 * if a namespace has none of its own. A handler added with `always` is for preparation or cleaning up: it runs in any
 * case, and a namespace that has only such handlers counts as having none.
 */
export class HandlerList<H> {
  readonly #handlers: H[] = [];
  readonly #always: H[] = [];

  add(handler: H, always = false): void {
    this.#handlers.push(handler);
    if (always) this.#always.push(handler);
  }

  inherit(from: HandlerList<H>): void {
    this.#handlers.push(...from.#handlers);
    this.#always.push(...from.#always);
  }

  /** Whether there is a handler that was not added with `always`. */
  get hasOwn(): boolean {
    return this.#handlers.length > this.#always.length;
  }

  /** Returns the handlers to run, given those of the wildcard namespace. */
  with(wildcard: HandlerList<H> | undefined): readonly H[] {
    if (wildcard === undefined || wildcard.#handlers.length === 0) return this.#handlers;
    return [...this.#handlers, ...(this.hasOwn ? wildcard.#always : wildcard.#handlers)];
  }
}

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

  /** Returns the handler of an event, or else the catch-all handler. */
  get(event: string | number): H | null {
    return this.#handlers.get(String(event)) ?? this.#catchAll;
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
