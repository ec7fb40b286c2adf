/**
 * `on`, `once`, `off` and their relatives of Node's EventEmitter for objects that come in thousands: the
 * emitter behind them is made with the first listener, and where there is none, nothing is called.
 * (`emit` is missing on purpose: on most of our classes that word sends to clients.)
 */
import { EventEmitter } from 'node:events';
import { contain } from './contain.js';

/** What each event of an object hands to its listeners. */
export type EventMap = Record<string, unknown[]>;

/** A listener as Node's emitter takes it, which does not know the user's event map. */
export type AnyListener = Parameters<EventEmitter['on']>[1];

/** The listener of one event: the map gives its arguments as a tuple, or its whole type; `Own` comes first. */
export type Listener<M, E, Own = object> = E extends keyof Own
  ? Listens<Own[E]>
  : E extends keyof M
    ? Listens<M[E]>
    : AnyListener;

type Listens<T> = T extends unknown[] ? (...args: T) => void : T;

/** The names of events that may be listened to. */
export type Names<M, Own = object> = (keyof M & string) | (keyof Own & string);

/** @typeParam Own the events of the object itself, beside those of its user's map `M` */
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

  /** The same, where those that are called once are wrapped: what they were added as is their `listener`. */
  rawListeners<E extends Names<M, Own>>(event: E): Listener<M, E, Own>[] {
    return (this.#emitter?.rawListeners(event) ?? []) as Listener<M, E, Own>[];
  }

  listenerCount(event: Names<M, Own>): number {
    return this.#emitter?.listenerCount(event) ?? 0;
  }

  eventNames(): (string | symbol)[] {
    return this.#emitter?.eventNames() ?? [];
  }

  /** How many listeners one event may have before Node warns of a leak; 0 is any number. */
  getMaxListeners(): number {
    return this.#emitter?.getMaxListeners() ?? EventEmitter.defaultMaxListeners;
  }

  setMaxListeners(count: number): this {
    this.#writable().setMaxListeners(count);
    return this;
  }

  /** Whether anybody listens to anything: asked before something is made that only listeners see. */
  protected get isHeard(): boolean {
    return this.#emitter !== null;
  }

  /**
   * Calls the listeners of `event`, if any, each on its own: what one throws does not keep the next from
   * being called. An `error` without listener is no exception here.
   */
  protected notify(event: string | number, args: readonly unknown[]): void {
    const emitter = this.#emitter;
    if (emitter === null) return;
    for (const listener of emitter.rawListeners(String(event))) {
      const running = contain(
        () => listener.apply(this, args),
        (error) => this.listenerFailed(`a listener of "${event}"`, error),
      );
      if (running !== null) this.listenerRuns(event, running);
    }
  }

  /** An asynchronous listener has begun. */
  protected listenerRuns(_event: string | number, _running: Promise<void>): void {}

  /** A listener threw, or its promise was rejected. */
  protected abstract listenerFailed(what: string, error: unknown): void;

  #once(event: string, listener: AnyListener): AnyListener {
    let called = false;
    const wrapper = (...args: unknown[]): unknown => {
      if (called) return undefined; // the event may happen again before the first call comes to its end
      called = true;
      this.#emitter?.off(event, wrapper);
      return listener.apply(this, args);
    };
    // Named as Node's own wrapper names it, so that `off` and `listeners` see through it.
    return Object.assign(wrapper, { listener });
  }

  #writable(): EventEmitter {
    return (this.#emitter ??= new EventEmitter());
  }
}
