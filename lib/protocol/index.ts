/** The part of this layer that users see. Other layers import `internal.ts`. */
export type { Parser } from './codec.js';
export type { EventPacket } from './packet.js';
export type { Json } from './payload.js';
