/**
 * Handles the events of a client one after the other, each awaited; the events of different clients run at the same
 * time. The queue of a client is bounded: a client that fills it is not read from. Its disconnect handlers wait in the
 * queue too: events that arrived before the client left are handled first, unless the server disconnected it.
 */
import { contain, isThenable } from '../../engine/internal.js';
import type { DisconnectHandler, DisconnectReason, EventHandler, Namespace, Socket } from '../../server/internal.js';
import type { ConnectionScopes } from '../connection-scope.js';

/** Bytes that a queued event costs in addition to its payload. */
const EVENT_COST = 256;

/** The server disconnected the client: its queued events are dropped. */
const DROPPING_REASONS: ReadonlySet<DisconnectReason> = new Set([
  'server namespace disconnect',
  'forced close',
  'parse error',
]);

/** Handles one event. */
type Task = () => void | Promise<void>;

interface QueuedTask {
  readonly task: Task;
  readonly weight: number;
}

interface Queue {
  readonly tasks: QueuedTask[];
  /** Resolves when the queue is empty and no event is being handled. */
  idle: Promise<void>;
}

/** The events of one gateway. A client has a queue only while one of its events is being handled asynchronously. */
export class SerialEvents {
  readonly #queues = new WeakMap<Socket, Queue>();
  readonly #scopes: Pick<ConnectionScopes, 'keepUntil'>;

  /** @param scopes keep the scope of a client while its events are queued */
  constructor(scopes: Pick<ConnectionScopes, 'keepUntil'>) {
    this.#scopes = scopes;
  }

  /** Makes the namespace wait for the events of a client that leaves, before the client loses its rooms. */
  attach(namespace: Namespace): void {
    namespace.onDisconnect(
      this.disconnect(() => {}),
      true,
    );
  }

  event(handler: EventHandler): EventHandler {
    return (socket, packet, size = 0) => this.run(socket, size, () => handler(socket, packet));
  }

  /**
   * Runs the task at once if no event of the client is being handled, otherwise in its turn.
   * @param size of the event, in bytes or characters
   */
  run(socket: Socket, size: number, task: Task): void | Promise<void> {
    const queue = this.#queues.get(socket);
    if (queue !== undefined) return enqueue(queue, socket, { task, weight: size + EVENT_COST });
    const running = task();
    if (!isThenable(running)) return undefined;
    const created: Queue = { tasks: [], idle: Promise.resolve() };
    this.#queues.set(socket, created);
    created.idle = this.#run(socket, created, running);
    return created.idle;
  }

  /** @param handler called after the events of the client have been handled */
  disconnect(handler: DisconnectHandler): DisconnectHandler {
    return (socket, reason, description) => {
      const queue = this.#queues.get(socket);
      if (queue === undefined) return handler(socket, reason, description);
      if (DROPPING_REASONS.has(reason)) drop(queue, socket);
      return this.#scopes.keepUntil(
        socket,
        queue.idle.then(() => handler(socket, reason, description)),
      );
    };
  }

  async #run(socket: Socket, queue: Queue, first: PromiseLike<void>): Promise<void> {
    const failed = (error: unknown): void => socket.nsp.failed('an event handler', error);
    await contain(() => first, failed);
    for (let next = queue.tasks.shift(); next !== undefined; next = queue.tasks.shift()) {
      await contain(next.task, failed);
      socket.client.finished(next.weight);
    }
    this.#queues.delete(socket);
  }
}

/** A queued event counts as work of its client, which is not read from when it has too much of it. */
function enqueue(queue: Queue, { client }: Socket, event: QueuedTask): void {
  client.started(event.weight);
  queue.tasks.push(event);
}

function drop(queue: Queue, { client }: Socket): void {
  for (const { weight } of queue.tasks.splice(0)) client.finished(weight);
}
