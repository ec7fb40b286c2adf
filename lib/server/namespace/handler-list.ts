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
