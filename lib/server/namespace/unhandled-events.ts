/** Events that nobody handles: counted, and now and then mentioned at debug level with the nearest known name. */
import { type Clock, type Log, ThrottledLog } from '../../engine/index.js';
import { didYouMean, label, quote } from '../../errors.js';

export class UnhandledEvents {
  readonly #namespace: string;
  readonly #log: Log;
  readonly #seldom: ThrottledLog;
  #count = 0;

  constructor(namespace: string, { logger, clock }: { readonly logger: Log; readonly clock: Clock }) {
    this.#namespace = namespace;
    this.#log = logger;
    this.#seldom = new ThrottledLog(() => clock.now());
  }

  get count(): number {
    return this.#count;
  }

  add(event: string, known: Iterable<string | number>): void {
    this.#count++;
    const line = this.#seldom.pass(
      'unhandled',
      `nobody handles the event ${quote(event)} in ${label(this.#namespace)}`,
    );
    if (line !== null) this.#log.debug(line + didYouMean(event.slice(0, 100), [...known].map(String)));
  }
}
