/**
 * The clients of one gateway whose `handleConnection` has not settled. Their events wait for it, so that a client that
 * the hook rejects is answered nothing. The wait ends after `connectTimeout`: then the client is disconnected.
 */
import type { Timer } from '../../engine/internal.js';
import type { EventHandler, Socket } from '../../server/internal.js';
import { messages } from '../messages.js';

interface Opening {
  readonly settled: Promise<void>;
  /** Runs from the first event that waits. */
  timer: Timer | null;
}

export class OpeningClients {
  readonly #openings = new WeakMap<Socket, Opening>();
  readonly #where: string;

  /** @param where class and method of the hook, for the log */
  constructor(where: string) {
    this.#where = where;
  }

  /** @param running the hook of this client; never rejects */
  add(client: Socket, running: Promise<void>): void {
    const opening: Opening = {
      timer: null,
      settled: running.then(() => {
        opening.timer?.cancel();
        this.#openings.delete(client);
      }),
    };
    this.#openings.set(client, opening);
  }

  event(handler: EventHandler): EventHandler {
    return (client, packet, size) => this.run(client, () => handler(client, packet, size));
  }

  /** Runs a task at once, or after the hook if it has not settled. A client that left in the meantime gets nothing. */
  run(client: Socket, task: () => void | Promise<void>): void | Promise<void> {
    const opening = this.#openings.get(client);
    if (opening === undefined) return task();
    opening.timer ??= this.#limit(client);
    return opening.settled.then(() => (client.connected ? task() : undefined));
  }

  #limit(client: Socket): Timer {
    const { engine, connectTimeout } = client.client.options;
    return engine.clock.after(connectTimeout, () => {
      const fields = { ...client.logFields, handler: this.#where };
      engine.logger.error(messages.connectionHookOverdue(this.#where, connectTimeout), undefined, fields);
      client.disconnect();
    });
  }
}
