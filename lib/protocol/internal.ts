/** All that other layers use of this one. */
export * from './index.js';
export { attach, detach, findSlots, MAX_OUTGOING_DEPTH } from './attachments.js';
export { type Codec, codecOf } from './codec.js';
export { CONTAINER_WEIGHT, weigh, weightOf } from './containers.js';
export { Decoder, type PacketDecoder } from './decoder.js';
export { encode, type Encoded } from './encoder.js';
export {
  decodeBase64Message,
  encodeEnginePacket,
  encodeOpenPacket,
  ENGINE_PACKETS,
  type EnginePacketKind,
  enginePacketKind,
  MESSAGE_PREFIX,
  type OpenPacket,
} from './engine-packet.js';
export { messagePackCodec, type MessagePackLibrary } from './msgpack/msgpack-codec.js';
export { DEFAULT_PACKET_LIMITS, type PacketLimits } from './packet-limits.js';
export {
  type AckPacket,
  type ConnectErrorPacket,
  type ConnectPacket,
  type DisconnectPacket,
  type Packet,
  PacketType,
  type Refusal,
  RESERVED_EVENTS,
} from './packet.js';
