/** The fields above a list. A change is applied after a pause in typing. */
import { h } from '../dom.js';

/** ms */
const QUIET = 250;

export class Filters {
  readonly element: HTMLFormElement;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onChange applies the filters */
  constructor(onChange: () => void, ...fields: readonly HTMLElement[]) {
    this.element = h('form', { class: 'filters', attributes: { role: 'search' } }, ...fields);
    this.element.addEventListener('submit', (event) => event.preventDefault());
    this.element.addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(onChange, QUIET);
    });
  }

  /** Drops a change that has not been applied yet. */
  cancel(): void {
    clearTimeout(this.#timer);
  }
}
