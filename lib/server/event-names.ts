/** Which names an event may not have, said to whoever tries. */
import { SocketIoError } from '../errors.js';
import { RESERVED_EVENTS } from '../protocol/index.js';

/** @throws SocketIoError `RESERVED_EVENT`: clients take such an event for a breach of protocol and leave */
export function refuseReserved(event: string): void {
  if (!RESERVED_EVENTS.has(event)) return;
  throw new SocketIoError('RESERVED_EVENT', `"${event}" cannot be emitted, the protocol keeps it: choose another name`);
}
