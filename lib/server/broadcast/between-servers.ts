/**
 * Events from server to server of a cluster, which no client sees. Whoever asks the other servers is
 * answered once, and what his callback throws disturbs nobody.
 * Source: Socket.IO, `serverSideEmit`, `serverSideEmitWithAck`.
 */
import { SocketIoError } from '../../errors.js';
import { refuseReservedBetweenServers } from './event-names.js';
import type {
  AckResult,
  AllButLast,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  Last,
  WithResponses,
} from './event-map.js';
import { ListeningBroadcaster } from './namespace-emitter.js';

/** Called with what the other servers answered; an adapter that got too few answers says so in `error`. */
export type Answered = (error: Error | null, responses: readonly unknown[]) => void;

export abstract class ServerSideEmitter<
  ServerSide extends EventsMap,
  Own,
  Emit extends EventsMap = DefaultEventsMap,
  Data = unknown,
> extends ListeningBroadcaster<ServerSide, Own, Emit, Data> {
  /**
   * Calls the listeners of `event` on this namespace of the other servers of a cluster.
   * A function as last argument is called with `(error, responses)`, one response per other server.
   * @throws SocketIoError `RESERVED_EVENT`
   */
  serverSideEmit<K extends EventNames<ServerSide>>(event: K, ...args: EventParams<WithResponses<ServerSide>, K>): true;
  serverSideEmit(event: string, ...args: unknown[]): true {
    const callback = args.at(-1);
    refuseReservedBetweenServers(event);
    if (typeof callback === 'function') args.splice(-1, 1, this.#once(event, callback as Answered));
    this.audience.delivery.serverSideEmit([event, ...args]);
    return true;
  }

  /**
   * The same, as a promise. Without a cluster there are no other servers: the answer is `[]`.
   * @returns one response per other server
   * @throws SocketIoError `RESERVED_EVENT`; `ACK_INCOMPLETE` with the `responses` that came, when not all did
   */
  serverSideEmitWithAck<K extends EventNamesWithAck<ServerSide>>(
    event: K,
    ...args: AllButLast<EventParams<ServerSide, K>>
  ): Promise<AckResult<Last<EventParams<ServerSide, K>>>[]>;
  serverSideEmitWithAck(event: string, ...args: unknown[]): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      const done: Answered = (error, responses) =>
        error ? reject(incomplete(event, error, responses)) : resolve([...responses]);
      (this as unknown as ServerSideEmitter<DefaultEventsMap, object>).serverSideEmit(event, ...args, done);
    });
  }

  #once(event: string, callback: Answered): Answered {
    let called = false;
    return (...answer) => {
      if (called) return;
      called = true;
      this.audience.contain(`the acknowledgement callback of "${event}"`, () => callback(...answer));
    };
  }
}

function incomplete(event: string, cause: Error, responses: readonly unknown[] = []): SocketIoError {
  const message = `not every other server answered "${event}": ${cause.message}`;
  return Object.assign(new SocketIoError('ACK_INCOMPLETE', message, { cause }), { responses: [...responses] });
}
