/**
 * Decodes the messages of one connection into packets. The grammar is taken literally: ASCII digits only, and nothing
 * before or after the parts it defines. Anything else is a `ProtocolError`. The only state is a packet whose
 * attachments have not all arrived.
 * Source: Socket.IO protocol, revision 5, "Packet encoding".
 */
import { ProtocolError } from '../errors.js';
import { attach, findSlots, type Slot } from './attachments.js';
import { checkContainers, countContainersOf, weigh, weightOf } from './containers.js';
import { DEFAULT_PACKET_LIMITS, type PacketLimits } from './packet-limits.js';
import { type Packet, PacketType } from './packet.js';
import { type Json, toPacket } from './payload.js';

/** Decodes the messages of one connection. Both methods return `null` while attachments are missing. */
export interface PacketDecoder {
  /** @param at the index at which the packet starts in `text` (avoids slicing off the Engine.IO prefix) */
  text(text: string, at: number): Packet | null;
  binary(data: Uint8Array): Packet | null;
  /** The namespace of the packet whose attachments are missing; `null` if there is none. */
  readonly awaiting: string | null;
}

interface PartialPacket {
  readonly packet: Packet;
  readonly slots: readonly Slot[];
  readonly parts: Uint8Array[];
  bytes: number;
}

const SLASH = 47;
const ZERO = 48;
const NINE = 57;
const DASH = 45;
const SPACE = 32;
const MAX_DIGITS = 16; // as many as 2^53 - 1 has

export class Decoder implements PacketDecoder {
  readonly #limits: PacketLimits;
  readonly #json: Json;
  #partial: PartialPacket | null = null;

  constructor(limits: PacketLimits = DEFAULT_PACKET_LIMITS, json: Json = JSON) {
    this.#limits = limits;
    this.#json = json;
  }

  get awaiting(): string | null {
    return this.#partial === null ? null : this.#partial.packet.nsp;
  }

  /** @throws ProtocolError for anything outside the grammar */
  text(text: string, at = 0): Packet | null {
    if (this.#partial !== null) throw new ProtocolError('got text where a binary attachment was expected');
    const wireType = text.charCodeAt(at) - ZERO;
    if (!(wireType >= PacketType.CONNECT && wireType <= PacketType.BINARY_ACK)) {
      throw new ProtocolError('unknown packet type');
    }
    at++;

    const binary = wireType >= PacketType.BINARY_EVENT;
    let attachments = 0;
    if (binary) {
      const end = digitsEnd(text, at);
      attachments = this.#attachmentCount(text, at, end);
      at = end + 1;
    }

    let nsp = '/';
    if (text.charCodeAt(at) === SLASH) {
      const comma = text.indexOf(',', at);
      const end = comma === -1 ? text.length : comma;
      if (end - at > this.#limits.namespaceLength) {
        throw new ProtocolError('the namespace is too long', 'namespaceLength');
      }
      nsp = text.slice(at, end);
      at = comma === -1 ? end : comma + 1;
    }

    let id: number | undefined;
    const idEnd = digitsEnd(text, at);
    if (idEnd > at) {
      id = idEnd - at > MAX_DIGITS ? Number.NaN : Number(text.slice(at, idEnd));
      if (!Number.isSafeInteger(id)) throw new ProtocolError('the acknowledgement id is too large');
      at = idEnd;
    }

    const type = binary ? wireType - PacketType.BINARY_EVENT + PacketType.EVENT : wireType;
    const isConnect = type === PacketType.CONNECT;
    if (isConnect && this.#isTooLarge(text, at)) return { type, nsp, tooLarge: true };
    const payload = at === text.length ? undefined : this.#parse(text, at);
    const packet = toPacket(type, nsp, id, payload, this.#limits);
    if (isConnect && this.#json !== JSON && weightOf(packet, text.length - at) > this.#limits.connectWeight) {
      return { type, nsp, tooLarge: true };
    }
    if (!binary) return packet;
    this.#partial = { packet, slots: findSlots(payload, attachments), parts: [], bytes: 0 };
    return null;
  }

  /** @throws ProtocolError if no attachment was expected, or if the attachments are too large together */
  binary(data: Uint8Array): Packet | null {
    const partial = this.#partial;
    if (partial === null) throw new ProtocolError('got binary data when not reconstructing a packet');
    partial.bytes += data.byteLength;
    if (partial.bytes > this.#limits.attachmentBytes) {
      throw new ProtocolError(`the attachments of a packet exceed ${this.#limits.attachmentBytes} bytes together`);
    }
    partial.parts.push(data);
    if (partial.parts.length < partial.slots.length) return null;
    this.#partial = null;
    attach(partial.slots, partial.parts);
    return partial.packet;
  }

  #attachmentCount(text: string, at: number, end: number): number {
    const count = end > at && end - at <= MAX_DIGITS ? Number(text.slice(at, end)) : 0;
    if (text.charCodeAt(end) !== DASH || count === 0) throw new ProtocolError('illegal attachments');
    if (count > this.#limits.attachments) throw new ProtocolError('too many attachments', 'attachments');
    return count;
  }

  /** Whether the data of a CONNECT weighs too much to be parsed and kept. */
  #isTooLarge(text: string, at: number): boolean {
    const { connectWeight } = this.#limits;
    return text.length - at > connectWeight || weigh(text, at) > connectWeight;
  }

  #parse(text: string, at: number): unknown {
    checkContainers(text, at, this.#limits);
    // JSON.parse would skip white space.
    if (text.charCodeAt(at) <= SPACE) throw new ProtocolError('there is white space before the payload');
    let value: unknown;
    try {
      value = this.#json.parse(text.slice(at));
    } catch {
      throw new ProtocolError('the payload is not JSON');
    }
    // Another serialiser may build more than the brackets of the text suggest.
    if (this.#json !== JSON) countContainersOf(value, this.#limits);
    return value;
  }
}

function digitsEnd(text: string, at: number): number {
  for (; ; at++) {
    const code = text.charCodeAt(at); // NaN at the end of the text: both comparisons are false
    if (!(code >= ZERO && code <= NINE)) return at;
  }
}
