/**
 * Encodes packets into WebSocket messages: one string, or a string followed by binary messages. If the data contains
 * binary parts, the packet is sent as a BINARY_EVENT or BINARY_ACK; these types occur only here and in the decoder.
 * Source: Socket.IO protocol, revision 5, "Packet encoding".
 */
import { SocketIoError } from '../errors.js';
import { detach } from './attachments.js';
import { DEFAULT_PACKET_LIMITS } from './packet-limits.js';
import { type AckPacket, type DisconnectPacket, type EventPacket, type Packet, PacketType } from './packet.js';
import type { Json } from './payload.js';

/** A packet as WebSocket messages, usually a single string, without the Engine.IO prefix of the text. */
export type Encoded = string | readonly (string | Uint8Array)[];

/**
 * @param json if it is not `JSON` itself, it gets objects with `toJSON` as they are
 * @param attachments the number of binary parts that the receiver accepts
 * @throws SocketIoError `TOO_MANY_ATTACHMENTS`, `VALUE_TOO_DEEP`; exceptions of `stringify` and `toJSON` pass through
 */
export function encode(packet: Packet, json: Json = JSON, attachments = DEFAULT_PACKET_LIMITS.attachments): Encoded {
  switch (packet.type) {
    case PacketType.EVENT:
      return encodeData(packet, PacketType.BINARY_EVENT, json, attachments);
    case PacketType.ACK:
      return encodeData(packet, PacketType.BINARY_ACK, json, attachments);
    case PacketType.CONNECT:
    case PacketType.CONNECT_ERROR:
      return `${packet.type}${prefix(packet.nsp)}${packet.data === undefined ? '' : json.stringify(packet.data)}`;
    default:
      return `${packet.type}${prefix((packet satisfies DisconnectPacket).nsp)}`;
  }
}

function encodeData(packet: EventPacket | AckPacket, binaryType: number, json: Json, attachments: number): Encoded {
  const parts: Uint8Array[] = [];
  const text = json.stringify(detach(packet.data, parts, '', 0, json !== JSON));
  const head = `${prefix(packet.nsp)}${packet.id ?? ''}`;
  if (parts.length === 0) return `${packet.type}${head}${text}`;
  if (parts.length > attachments) {
    throw new SocketIoError(
      'TOO_MANY_ATTACHMENTS',
      `a packet must have at most ${attachments} binary parts, got ${parts.length}: clients accept no more; join them, or send several packets`,
    );
  }
  return [`${binaryType}${parts.length}-${head}${text}`, ...parts];
}

function prefix(nsp: string): string {
  return nsp === '/' ? '' : `${nsp},`;
}
