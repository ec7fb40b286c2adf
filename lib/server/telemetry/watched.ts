/**
 * Shows the calls of an event handler to the instruments of its server. The time that an event waits for its turn is no
 * part of a call, so whatever queues events wraps a watched handler, not the other way round.
 */
import type { EventPacket } from '../../protocol/internal.js';
import type { HandlerOutcome } from './handler-failure.js';
import type { Instruments } from './instruments.js';
import type { WatchedSocket } from './watched-socket.js';

/** A socket whose server may be watched. */
interface ServedSocket extends WatchedSocket {
  readonly nsp: WatchedSocket['nsp'] & { readonly instruments: Instruments | null };
}

/** @param size bytes or characters of the event on the wire */
type Handler<S, R> = (socket: S, packet: EventPacket, size?: number) => R;

/**
 * @param handler may return a {@link HandlerFailure}, which only the instruments see
 * @param label the event as it is declared; `*` for a catch-all handler
 * @param where class and method, as `ChatGateway.say`; `null` for a handler without a name
 */
export function watched<S extends ServedSocket>(
  handler: Handler<S, HandlerOutcome | Promise<HandlerOutcome>>,
  label: string,
  where: string | null,
): Handler<S, void | Promise<void>> {
  const seen: Handler<S, unknown> = (socket, packet, size = 0) => {
    const { instruments } = socket.nsp;
    if (instruments === null) return handler(socket, packet, size);
    return instruments.handle({ socket, packet, size, label, handler: where }, () => handler(socket, packet, size));
  };
  return seen as Handler<S, void | Promise<void>>;
}
