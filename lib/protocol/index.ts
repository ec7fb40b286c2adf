export { attach, detach, findSlots } from './attachments.js';
export { type Codec, codecOf, type Parser } from './codec.js';
export { Decoder, type PacketDecoder } from './decoder.js';
export { type Encoded, encode } from './encoder.js';
export {
  decodeBase64Message,
  ENGINE_PACKETS,
  type EnginePacketKind,
  encodeEnginePacket,
  encodeOpenPacket,
  enginePacketKind,
  MESSAGE_PREFIX,
  type OpenPacket,
} from './engine-packet.js';
export { DEFAULT_PACKET_LIMITS, type PacketLimits } from './packet-limits.js';
export {
  type AckPacket,
  type ConnectErrorPacket,
  type ConnectPacket,
  type DisconnectPacket,
  type EventPacket,
  type Packet,
  PacketType,
  type Refusal,
  RESERVED_EVENTS,
} from './packet.js';
export type { Json } from './payload.js';
