/**
 * What happens on each event of a namespace: one table for all its clients, so that a client costs nothing
 * and an event one lookup.
 */
import type { Clock, Log } from '../../engine/index.js';
import type { EventPacket } from '../../protocol/index.js';
import type { Socket } from '../socket/socket.js';
import { UnhandledEvents } from './unhandled-events.js';

/**
 * Handles one event, acknowledgement included.
 * @param size how many bytes or characters it took to send, for whoever lets it wait; 0 if it has waited already
 */
export type EventHandler<S = Socket> = (socket: S, packet: EventPacket, size?: number) => void | Promise<void>;

/** The name under which the handler of all other events stands. */
const CATCH_ALL = '*';

export class EventTable {
  readonly #handlers = new Map<string, EventHandler>();
  readonly #unhandled: UnhandledEvents;
  #catchAll: EventHandler | null = null;

  constructor(namespace: string, options: { readonly logger: Log; readonly clock: Clock }) {
    this.#unhandled = new UnhandledEvents(namespace, options);
  }

  /** How many events came that nobody handles. */
  get unhandled(): number {
    return this.#unhandled.count;
  }

  set(event: string, handler: EventHandler): void {
    if (event === CATCH_ALL) this.#catchAll = handler;
    else this.#handlers.set(event, handler);
  }

  /** The handler of an event, or that of all others. */
  get(event: string | number): EventHandler | null {
    return this.#handlers.get(String(event)) ?? this.#catchAll;
  }

  /**
   * Takes over the handlers of another table for events that have none yet.
   * @returns the events that have one already
   */
  inherit(from: EventTable): string[] {
    const taken: string[] = [];
    for (const [event, handler] of from.#handlers) {
      if (this.#handlers.has(event)) taken.push(event);
      else this.#handlers.set(event, handler);
    }
    if (this.#catchAll === null) this.#catchAll = from.#catchAll;
    else if (from.#catchAll !== null) taken.push(CATCH_ALL);
    return taken;
  }

  /** Nobody handles an event that came. */
  addUnhandled(event: string | number): void {
    this.#unhandled.add(String(event), this.#handlers.keys());
  }
}
