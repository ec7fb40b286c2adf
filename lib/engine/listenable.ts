/**
 * `on`, `once`, `off` and their relatives of Node's EventEmitter for objects that come in thousands: the
 * emitter behind them is made with the first listener, and where there is none, nothing is called.
 * (`emit` is missing on purpose: on most of our classes that word sends to clients.)
 */
import { EventEmitter } from 'node:events';
import { guarded } from './guard.js';

/** What each event of an object hands to its listeners. */
export type EventMap = Record<string, unknown[]>;

/** A listener as Node's emitter takes it, which does not know the user's event map. */
export type AnyListener = Parameters<EventEmitter['on']>[1];

/** The listener of one event of a map: the map gives its arguments as a tuple, or its whole type. */
export type Listener<M, E> = E extends keyof M
  ? M[E] extends unknown[]
    ? (...args: M[E]) => void
    : M[E]
  : AnyListener;

export abstract class Listenable<M> {
  #emitter: EventEmitter | null = null;

  on<E extends keyof M & string>(event: E, listener: Listener<M, E>): this {
    this.#writable().on(event, listener as AnyListener);
    return this;
  }

  once<E extends keyof M & string>(event: E, listener: Listener<M, E>): this {
    let called = false;
    const wrapper = (...args: unknown[]): unknown => {
      if (called) return undefined; // the event may happen again before the first call comes to its end
      called = true;
      this.#emitter?.off(event, wrapper);
      return (listener as AnyListener).apply(this, args);
    };
    // Named as Node's own wrapper names it, so that `off` and `listeners` see through it.
    this.#writable().on(event, Object.assign(wrapper, { listener }));
    return this;
  }

  off<E extends keyof M & string>(event: E, listener: Listener<M, E>): this {
    this.#emitter?.off(event, listener as AnyListener);
    return this;
  }

  addListener<E extends keyof M & string>(event: E, listener: Listener<M, E>): this {
    return this.on(event, listener);
  }

  removeListener<E extends keyof M & string>(event: E, listener: Listener<M, E>): this {
    return this.off(event, listener);
  }

  prependListener<E extends keyof M & string>(event: E, listener: Listener<M, E>): this {
    this.#writable().prependListener(event, listener as AnyListener);
    return this;
  }

  removeAllListeners(event?: keyof M & string): this {
    if (event === undefined) this.#emitter = null;
    else this.#emitter?.removeAllListeners(event);
    return this;
  }

  listeners(event: keyof M & string): AnyListener[] {
    return (this.#emitter?.listeners(event) ?? []) as AnyListener[];
  }

  listenerCount(event: keyof M & string): number {
    return this.#emitter?.listenerCount(event) ?? 0;
  }

  eventNames(): (string | symbol)[] {
    return this.#emitter?.eventNames() ?? [];
  }

  /**
   * Calls the listeners of `event`, if any, each on its own: what one throws does not keep the next from
   * being called. An `error` without listener is no exception here.
   */
  protected notify(event: string | number, args: readonly unknown[]): void {
    const emitter = this.#emitter;
    if (emitter === null) return;
    for (const listener of emitter.rawListeners(String(event))) {
      const running = guarded(
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

  #writable(): EventEmitter {
    return (this.#emitter ??= new EventEmitter());
  }
}
