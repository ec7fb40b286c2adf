/** The name of an event that a socket is sent. Events of other servers are decoded only if their arguments are read. */
import type { EventPacket } from '../../protocol/internal.js';

/** An event that is still encoded. Reading `data` decodes it. */
export interface EncodedEvent extends EventPacket {
  readonly event: string;
}

export function eventNameOf(packet: EventPacket): string {
  return 'event' in packet ? (packet as EncodedEvent).event : String(packet.data[0]);
}
