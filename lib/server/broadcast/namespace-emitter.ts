/** A chain's beginning that has listeners too: `on`, `once`, `off` and their relatives beside `to` and `emit`. */
import { type AnyListener, Listenable, type Listener, type Names } from '../../engine/index.js';
import { Broadcasting } from './broadcast-operator.js';
import type { DefaultEventsMap, EventsMap } from './event-map.js';

/** Listeners as a part of an object, whose methods know the types. */
export class Events extends Listenable<Record<string, AnyListener>> {
  protected readonly listenerFailed: (what: string, error: unknown) => void;
  readonly #runs: (event: string | number, running: Promise<void>) => void;

  /**
   * @param listenerFailed told what a listener throws
   * @param runs told of asynchronous listeners
   */
  constructor(
    listenerFailed: (what: string, error: unknown) => void,
    runs: (event: string | number, running: Promise<void>) => void = () => {},
  ) {
    super();
    this.listenerFailed = listenerFailed;
    this.#runs = runs;
  }

  protected override listenerRuns(event: string | number, running: Promise<void>): void {
    this.#runs(event, running);
  }

  override notify(event: string, args: readonly unknown[]): void {
    super.notify(event, args);
  }
}

/** @typeParam Own the events of the object itself, beside those of its user's map `Listen` */
export abstract class ListeningBroadcaster<
  Listen,
  Own = object,
  Emit extends EventsMap = DefaultEventsMap,
  Data = unknown,
> extends Broadcasting<Emit, Data> {
  /** @internal */
  abstract readonly events: Events;

  on<E extends Names<Listen, Own>>(event: E, listener: Listener<Listen, E, Own>): this {
    this.events.on<string>(event, listener as AnyListener);
    return this;
  }

  once<E extends Names<Listen, Own>>(event: E, listener: Listener<Listen, E, Own>): this {
    this.events.once<string>(event, listener as AnyListener);
    return this;
  }

  off<E extends Names<Listen, Own>>(event: E, listener: Listener<Listen, E, Own>): this {
    this.events.off<string>(event, listener as AnyListener);
    return this;
  }

  addListener<E extends Names<Listen, Own>>(event: E, listener: Listener<Listen, E, Own>): this {
    return this.on(event, listener);
  }

  removeListener<E extends Names<Listen, Own>>(event: E, listener: Listener<Listen, E, Own>): this {
    return this.off(event, listener);
  }

  prependListener<E extends Names<Listen, Own>>(event: E, listener: Listener<Listen, E, Own>): this {
    this.events.prependListener<string>(event, listener as AnyListener);
    return this;
  }

  prependOnceListener<E extends Names<Listen, Own>>(event: E, listener: Listener<Listen, E, Own>): this {
    this.events.prependOnceListener<string>(event, listener as AnyListener);
    return this;
  }

  removeAllListeners(event?: Names<Listen, Own>): this {
    this.events.removeAllListeners(event);
    return this;
  }

  listeners<E extends Names<Listen, Own>>(event: E): Listener<Listen, E, Own>[] {
    return this.events.listeners<string>(event) as Listener<Listen, E, Own>[];
  }

  /** The same, where those that are called once are wrapped: what they were added as is their `listener`. */
  rawListeners<E extends Names<Listen, Own>>(event: E): Listener<Listen, E, Own>[] {
    return this.events.rawListeners<string>(event) as Listener<Listen, E, Own>[];
  }

  listenerCount(event: Names<Listen, Own>): number {
    return this.events.listenerCount(event);
  }

  eventNames(): (string | symbol)[] {
    return this.events.eventNames();
  }

  /** How many listeners one event may have before Node warns of a leak; 0 is any number. */
  getMaxListeners(): number {
    return this.events.getMaxListeners();
  }

  setMaxListeners(count: number): this {
    this.events.setMaxListeners(count);
    return this;
  }
}
