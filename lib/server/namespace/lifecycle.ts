/**
 * The connect handlers, or the disconnect handlers, of a namespace, in their order. Those of all namespaces
 * stand in where a namespace has none of its own; what only prepares or clears up is nobody's substitute.
 */
export class Lifecycle<H> {
  readonly #handlers: H[] = [];
  readonly #beside: H[] = [];

  /** @param beside whether it stands beside the handlers: it takes the place of none, and none takes its */
  add(handler: H, beside = false): void {
    this.#handlers.push(handler);
    if (beside) this.#beside.push(handler);
  }

  inherit(from: Lifecycle<H>): void {
    this.#handlers.push(...from.#handlers);
    this.#beside.push(...from.#beside);
  }

  /** @param wildcard those of all namespaces */
  with(wildcard: Lifecycle<H> | undefined): readonly H[] {
    if (wildcard === undefined || wildcard.#handlers.length === 0) return this.#handlers;
    const hasOwn = this.#handlers.length > this.#beside.length;
    return [...this.#handlers, ...(hasOwn ? wildcard.#beside : wildcard.#handlers)];
  }
}
