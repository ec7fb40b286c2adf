/**
 * `on`, `once`, `off` and the other listener methods of Node's EventEmitter, for objects of which a server has
 * thousands. The underlying emitter is created with the first listener; without listeners, nothing is called.
 * (`emit` is left out on purpose: on most of our classes it sends to clients.)
 */
import { EventEmitter } from 'node:events';
import { contain } from './contain.js';

/** A listener as Node's emitter accepts it, without the types of an event map. */
export type AnyListener = Parameters<EventEmitter['on']>[1];

/**
 * The listener of one event. An event map gives its arguments as a tuple, or its whole type. `Own` takes precedence
 * over `M`.
 */
export type Listener<M, E, Own = object> = E extends keyof Own
  ? Listens<Own[E]>
  : E extends keyof M
    ? Listens<M[E]>
    : AnyListener;

type Listens<T> = T extends unknown[] ? (...args: T) => void : T;

/** The names of the events in both maps. */
export type Names<M, Own = object> = (keyof M & string) | (keyof Own & string);

/** Watches the listeners of one event. */
export interface ListenerWatcher {
  /** Called with the promise of each asynchronous listener. It never rejects. */
  runs(running: Promise<void>): void;
  /** Called when a listener threw or its promise was rejected. */
  failed(error: unknown): void;
}

/**
 * @typeParam M the event map of the user
 * @typeParam Own the events of the object itself
 */
export abstract class Listenable<M, Own = object> {
  #emitter: EventEmitter | null = null;

  on<E extends Names<M, Own>>(event: E, listener: Listener<M, E, Own>): this {
    this.#writable().on(event, listener as AnyListener);
    return this;
  }

  once<E extends Names<M, Own>>(event: E, listener: Listener<M, E, Own>): this {
    this.#writable().on(event, this.#once(event, listener as AnyListener));
    return this;
  }

  off<E extends Names<M, Own>>(event: E, listener: Listener<M, E, Own>): this {
    this.#emitter?.off(event, listener as AnyListener);
    return this;
  }

  addListener<E extends Names<M, Own>>(event: E, listener: Listener<M, E, Own>): this {
    return this.on(event, listener);
  }

  removeListener<E extends Names<M, Own>>(event: E, listener: Listener<M, E, Own>): this {
    return this.off(event, listener);
  }

  prependListener<E extends Names<M, Own>>(event: E, listener: Listener<M, E, Own>): this {
    this.#writable().prependListener(event, listener as AnyListener);
    return this;
  }

  prependOnceListener<E extends Names<M, Own>>(event: E, listener: Listener<M, E, Own>): this {
    this.#writable().prependListener(event, this.#once(event, listener as AnyListener));
    return this;
  }

  removeAllListeners(event?: Names<M, Own>): this {
    if (event === undefined) this.#emitter = null;
    else this.#emitter?.removeAllListeners(event);
    return this;
  }

  listeners<E extends Names<M, Own>>(event: E): Listener<M, E, Own>[] {
    return (this.#emitter?.listeners(event) ?? []) as Listener<M, E, Own>[];
  }

  /** Like {@link listeners}, but those added with `once` are wrapped; the property `listener` holds the original. */
  rawListeners<E extends Names<M, Own>>(event: E): Listener<M, E, Own>[] {
    return (this.#emitter?.rawListeners(event) ?? []) as Listener<M, E, Own>[];
  }

  listenerCount(event: Names<M, Own>): number {
    return this.#emitter?.listenerCount(event) ?? 0;
  }

  eventNames(): (string | symbol)[] {
    return this.#emitter?.eventNames() ?? [];
  }

  /** The number of listeners per event above which Node warns of a leak; 0 means no limit. */
  getMaxListeners(): number {
    return this.#emitter?.getMaxListeners() ?? EventEmitter.defaultMaxListeners;
  }

  setMaxListeners(count: number): this {
    this.#writable().setMaxListeners(count);
    return this;
  }

  /** @internal Whether any event has had a listener. Checked before creating objects that only listeners see. */
  get hasListeners(): boolean {
    return this.#emitter !== null;
  }

  /**
   * Calls the listeners of `event`. An exception in one does not keep the next from being called, and unlike in
   * Node, an `error` event without listeners does not throw.
   */
  protected notify(event: string | number, args: readonly unknown[], watcher?: ListenerWatcher): void {
    const emitter = this.#emitter;
    if (emitter === null) return;
    for (const listener of emitter.rawListeners(String(event))) {
      const running = contain(
        () => listener.apply(this, args),
        (error) => {
          watcher?.failed(error);
          this.listenerFailed(`a listener of "${event}"`, error);
        },
      );
      if (running === null) continue;
      watcher?.runs(running);
      this.listenerRuns(event, running);
    }
  }

  /** Called with the promise of each asynchronous listener. */
  protected listenerRuns(_event: string | number, _running: Promise<void>): void {}

  /** Called when a listener threw or its promise was rejected. */
  protected abstract listenerFailed(what: string, error: unknown): void;

  #once(event: string, listener: AnyListener): AnyListener {
    let called = false;
    const wrapper = (...args: unknown[]): unknown => {
      if (called) return undefined; // the event may be emitted again during the first call
      called = true;
      this.#emitter?.off(event, wrapper);
      return listener.apply(this, args);
    };
    // Node's own wrapper has this property, too: `off` and `listeners` look for it.
    return Object.assign(wrapper, { listener });
  }

  #writable(): EventEmitter {
    return (this.#emitter ??= new EventEmitter());
  }
}
