/** Repeats a request while the page is visible and connected. */

/** ms between an answer and the next request */
const INTERVAL = 2_000;

export class Poll {
  readonly #run: () => Promise<void>;
  readonly #mayRun: () => boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isRunning = false;
  #isStale = false;

  /**
   * @param run makes a request and shows its answer
   * @param mayRun whether there is a connection
   */
  constructor(run: () => Promise<void>, mayRun: () => boolean) {
    this.#run = run;
    this.#mayRun = mayRun;
    document.addEventListener('visibilitychange', () => this.now());
  }

  /** Makes a request at once, or right after the one that is being made. */
  now(): void {
    clearTimeout(this.#timer);
    if (document.hidden || !this.#mayRun()) return;
    if (this.#isRunning) {
      this.#isStale = true;
      return;
    }
    this.#isRunning = true;
    this.#isStale = false;
    void this.#run().finally(() => {
      this.#isRunning = false;
      if (this.#isStale) this.now();
      else this.#timer = setTimeout(() => this.now(), INTERVAL);
    });
  }
}
