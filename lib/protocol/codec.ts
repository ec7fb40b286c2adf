/**
 * The exchangeable codec. Ours is the default; a `parser` in the shape that Socket.IO defines
 * (`{ Encoder, Decoder }`, for example `socket.io-msgpack-parser`) takes its place, and what it
 * decodes is checked like anything else that a client sends.
 */
import { ProtocolError } from '../errors.js';
import { Decoder, type PacketDecoder } from './decoder.js';
import { type Encoded, encode } from './encoder.js';
import type { PacketLimits } from './packet-limits.js';
import type { Packet } from './packet.js';
import { type Json, toPacket, valueDepthExceeds } from './payload.js';

/** Both directions, for all connections of a server. */
export interface Codec {
  encode(packet: Packet): Encoded;
  /** A decoder for one connection. */
  decoder(): PacketDecoder;
}

/**
 * A parser as Socket.IO's option of that name takes it. The decoder must emit before `add` returns. What
 * `encode` returns is an array of messages, whatever the types of a published parser say.
 */
export interface Parser {
  readonly Encoder: new () => { encode(packet: never): unknown };
  readonly Decoder: new () => ForeignDecoder;
}

interface ForeignDecoder {
  add(data: never): unknown;
  on(event: 'decoded', listener: (packet: unknown) => void): unknown;
}

/**
 * The codec for a server with these limits.
 * @param parser one of its own
 * @param json for our own codec, in place of `JSON`
 */
export function codecOf(limits: PacketLimits, parser?: Parser, json: Json = JSON): Codec {
  if (parser === undefined) {
    return { encode: (packet) => encode(packet, json), decoder: () => new Decoder(limits, json) };
  }
  const encoder = new parser.Encoder();
  return {
    encode: (packet) => encoder.encode(packet as never) as Encoded,
    decoder: () => new ParserDecoder(new parser.Decoder(), limits),
  };
}

/** A foreign decoder behind our interface. */
class ParserDecoder implements PacketDecoder {
  readonly awaiting = null; // a parser may hold parts back, but does not tell
  readonly #decoder: ForeignDecoder;
  readonly #limits: PacketLimits;
  #decoded: Packet | null = null;

  constructor(decoder: ForeignDecoder, limits: PacketLimits) {
    this.#decoder = decoder;
    this.#limits = limits;
    decoder.on('decoded', (packet: unknown) => {
      this.#decoded = this.#check(packet);
    });
  }

  text(text: string, at: number): Packet | null {
    return this.#add(text.slice(at));
  }

  binary(data: Uint8Array): Packet | null {
    return this.#add(data);
  }

  #add(data: string | Uint8Array): Packet | null {
    this.#decoded = null;
    try {
      this.#decoder.add(data as never);
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      throw new ProtocolError('the parser rejected a packet');
    }
    return this.#decoded;
  }

  #check(value: unknown): Packet {
    const { type, nsp, id, data } = (value ?? {}) as Record<string, unknown>;
    const sound =
      typeof nsp === 'string' &&
      nsp.startsWith('/') &&
      nsp.length <= this.#limits.maxNamespaceLength &&
      (id === undefined || (Number.isSafeInteger(id) && (id as number) >= 0)) &&
      !valueDepthExceeds(this.#limits.maxDepth, data);
    if (!sound) throw new ProtocolError('the packet has an invalid namespace, id or depth');
    return toPacket(type, nsp, id as number | undefined, data, this.#limits);
  }
}
