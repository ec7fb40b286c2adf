/**
 * The codec of a server. It can be replaced with a `parser` in the shape that Socket.IO defines,
 * `{ Encoder, Decoder }`, whose packets are validated like those decoded by our own decoder. Such a parser allocates
 * before our limits apply: a message of a few bytes may announce gigabytes. For MessagePack, see `msgpack/`.
 */
import { ProtocolError } from '../errors.js';
import { countContainersOf } from './containers.js';
import { Decoder, type PacketDecoder } from './decoder.js';
import { type Encoded, encode } from './encoder.js';
import type { PacketLimits } from './packet-limits.js';
import type { Packet } from './packet.js';
import { checkPacket, type Json } from './payload.js';

/** Encodes and decodes the packets of all connections of a server. */
export interface Codec {
  encode(packet: Packet): Encoded;
  /** Creates the decoder of one connection. */
  decoder(): PacketDecoder;
}

/**
 * The type of Socket.IO's option `parser`. The decoder must emit `decoded` before `add` returns. `encode` must return
 * an array of messages; it is typed as `unknown` because published parsers declare other types.
 * @publicApi
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
 * Creates the codec of a server.
 * @param parser replaces our own encoder and decoder
 * @param json replaces `JSON` in our own encoder and decoder
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

/** Adapts the decoder of a parser to our interface and validates its packets. */
class ParserDecoder implements PacketDecoder {
  readonly awaiting = null; // a parser does not reveal whether attachments are missing
  readonly #decoder: ForeignDecoder;
  readonly #limits: PacketLimits;
  #decoded: Packet | null = null;
  /** Bytes and characters of the messages since the last packet. */
  #size = 0;

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
    this.#size += data.length;
    try {
      this.#decoder.add(data as never);
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      throw new ProtocolError('the parser rejected a packet');
    }
    return this.#decoded;
  }

  #check(value: unknown): Packet {
    const size = this.#size;
    this.#size = 0;
    const { data } = (value ?? {}) as { readonly data?: unknown };
    return checkPacket(value, size, countContainersOf(data, this.#limits), this.#limits);
  }
}
