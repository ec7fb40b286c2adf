import type { BrokerListener } from './broker.js';

/** Reports each change of the problem of a broker. If several parts have a problem, one of them is reported. */
export class ProblemReport<Part extends string> {
  readonly #problems = new Map<Part, string>();
  #listener: BrokerListener | null = null;
  #reported: string | null = null;

  /** The latest report. */
  get current(): string | null {
    return this.#reported;
  }

  /** Reports to this listener from now on; to none if it is `null`. */
  open(listener: BrokerListener | null): void {
    this.#listener = listener;
  }

  /** @param problem of a part; `null` if the part has none any more */
  set(part: Part, problem: string | null): void {
    if (problem === null) this.#problems.delete(part);
    else this.#problems.set(part, problem);
    const [current = null] = this.#problems.values();
    if (current === this.#reported) return;
    this.#reported = current;
    this.#listener?.connection(current);
  }
}
