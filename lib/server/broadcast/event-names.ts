/** Which names an event may not have, said to whoever tries. */
import { SocketIoError } from '../../errors.js';
import { RESERVED_EVENTS } from '../../protocol/index.js';

/** @throws SocketIoError `RESERVED_EVENT`: clients take such an event for a breach of protocol and leave */
export function refuseReserved(event: string): void {
  if (!RESERVED_EVENTS.has(event)) return;
  throw new SocketIoError('RESERVED_EVENT', `"${event}" cannot be emitted, the protocol keeps it: choose another name`);
}

/** Names that `serverSideEmit` cannot use: on a namespace they mean something else. */
const RESERVED_BETWEEN_SERVERS: ReadonlySet<string> = new Set(['connect', 'connection', 'new_namespace']);

/** @throws SocketIoError `RESERVED_EVENT` */
export function refuseReservedBetweenServers(event: string): void {
  if (!RESERVED_BETWEEN_SERVERS.has(event)) return;
  throw new SocketIoError('RESERVED_EVENT', `"${event}" cannot be emitted between servers: choose another name`);
}
