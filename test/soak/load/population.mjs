/** Clients that each repeat what they do until the population is told to stop. */
import { setTimeout as sleep } from 'node:timers/promises';

export class Population {
  #stopped = new AbortController();
  #running = [];

  get isStopped() {
    return this.#stopped.signal.aborted;
  }

  /** Calls `live` again and again, with a pause of up to `pause` ms before each call. It must not reject. */
  add(random, pause, live) {
    this.#running.push(
      (async () => {
        await this.sleep(random.int(0, pause)); // not all at once
        while (!this.isStopped) {
          await live();
          await this.sleep(random.int(Math.floor(pause / 4), pause));
        }
      })(),
    );
  }

  /** Sleeps, but not longer than until the population stops. */
  async sleep(ms) {
    await sleep(ms, undefined, { signal: this.#stopped.signal }).catch(() => {});
  }

  /** Resolves when every client has finished what it was doing. */
  async stop() {
    this.#stopped.abort();
    await Promise.all(this.#running);
  }
}
