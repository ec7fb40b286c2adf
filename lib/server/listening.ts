/** A chain's beginning that has listeners too: `on`, `once`, `off` and their relatives beside `to` and `emit`. */
import { type AnyListener, Listenable, type Listener } from '../engine/index.js';
import { Broadcasting } from './broadcasting.js';
import type { DefaultEventsMap, EventsMap } from './events.js';

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

type Names<M> = keyof M & string;

export abstract class ListeningBroadcaster<
  Listen,
  Emit extends EventsMap = DefaultEventsMap,
  Data = unknown,
> extends Broadcasting<Emit, Data> {
  /** @internal */
  abstract readonly events: Events;

  on<E extends Names<Listen>>(event: E, listener: Listener<Listen, E>): this {
    this.events.on<string>(event, listener as AnyListener);
    return this;
  }

  once<E extends Names<Listen>>(event: E, listener: Listener<Listen, E>): this {
    this.events.once<string>(event, listener as AnyListener);
    return this;
  }

  off<E extends Names<Listen>>(event: E, listener: Listener<Listen, E>): this {
    this.events.off<string>(event, listener as AnyListener);
    return this;
  }

  addListener<E extends Names<Listen>>(event: E, listener: Listener<Listen, E>): this {
    return this.on(event, listener);
  }

  removeListener<E extends Names<Listen>>(event: E, listener: Listener<Listen, E>): this {
    return this.off(event, listener);
  }

  prependListener<E extends Names<Listen>>(event: E, listener: Listener<Listen, E>): this {
    this.events.prependListener<string>(event, listener as AnyListener);
    return this;
  }

  removeAllListeners(event?: Names<Listen>): this {
    this.events.removeAllListeners(event);
    return this;
  }

  listeners(event: Names<Listen>): ReturnType<Events['listeners']> {
    return this.events.listeners(event);
  }

  listenerCount(event: Names<Listen>): number {
    return this.events.listenerCount(event);
  }

  eventNames(): (string | symbol)[] {
    return this.events.eventNames();
  }
}
