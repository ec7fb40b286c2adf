/**
 * One event of a client after the other, each awaited; the events of different clients run side by side.
 * What waits is bounded, and a client that sends more than that is closed. Its disconnect handlers wait too:
 * events that came before it left are handled first, unless it was the server that ended it.
 */
import { contain, isThenable } from '../../engine/index.js';
import { ProtocolError } from '../../errors.js';
import type { DisconnectHandler, DisconnectReason, EventHandler, Namespace, Socket } from '../../server/index.js';
import type { ConnectionScopes } from '../connection-scope.js';

/** A client that was offline sends what it kept in one go; this is more than that. */
const MAX_EVENTS = 1000;

/** Reasons of the server: what its client had still to say matters no more. */
const DROPPING: ReadonlySet<DisconnectReason> = new Set(['server namespace disconnect', 'forced close', 'parse error']);

/** Handles one event. */
type Task = () => void | Promise<void>;

interface Waiting {
  readonly task: Task;
  readonly size: number;
}

interface Line {
  readonly waiting: Waiting[];
  /** Bytes and characters of those that wait. */
  size: number;
  /** Resolves when nothing runs or waits any more. */
  idle: Promise<void>;
}

/** Those of one gateway. A client has a line only while one of its events takes its time. */
export class SerialEvents {
  readonly #lines = new WeakMap<Socket, Line>();
  readonly #scopes: Pick<ConnectionScopes, 'hold'>;

  /** @param scopes have to live as long as events wait */
  constructor(scopes: Pick<ConnectionScopes, 'hold'>) {
    this.#scopes = scopes;
  }

  /** Has the namespace wait for the events of a client that leaves, before its rooms are gone. */
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
   * At once when nothing of the client's runs, otherwise in its turn.
   * @param size bytes or characters that wait with it
   */
  run(socket: Socket, size: number, task: Task): void | Promise<void> {
    const line = this.#lines.get(socket);
    if (line !== undefined) return enqueue(line, socket, { task, size });
    const running = task();
    if (!isThenable(running)) return undefined;
    const begun: Line = { waiting: [], size: 0, idle: Promise.resolve() };
    this.#lines.set(socket, begun);
    begun.idle = this.#run(socket, begun, running);
    return begun.idle;
  }

  /** @param handler called when the events of the client are through */
  disconnect(handler: DisconnectHandler): DisconnectHandler {
    return (socket, reason, description) => {
      const line = this.#lines.get(socket);
      if (line === undefined) return handler(socket, reason, description);
      if (DROPPING.has(reason)) line.waiting.length = 0;
      return this.#scopes.hold(
        socket,
        line.idle.then(() => handler(socket, reason, description)),
      );
    };
  }

  async #run(socket: Socket, line: Line, first: PromiseLike<void>): Promise<void> {
    const failed = (error: unknown): void => socket.nsp.failed('an event handler', error);
    await contain(() => first, failed);
    for (let next = line.waiting.shift(); next !== undefined; next = line.waiting.shift()) {
      line.size -= next.size;
      await contain(next.task, failed);
    }
    this.#lines.delete(socket);
  }
}

function enqueue(line: Line, socket: Socket, event: Waiting): void {
  line.size += event.size;
  if (line.waiting.length < MAX_EVENTS && line.size <= socket.client.options.engine.maxBufferedBytes) {
    line.waiting.push(event);
  } else {
    socket.conn.contain(() => {
      throw new ProtocolError('too many events wait for the one that is handled');
    });
  }
}
