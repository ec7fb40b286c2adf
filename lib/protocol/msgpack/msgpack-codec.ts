/**
 * The codec for the option `parser: 'msgpack'`: a packet is one binary message, a MessagePack map with the members of
 * the packet. Clients use `socket.io-msgpack-parser`. A library does the encoding and decoding; before it decodes,
 * {@link scanMessagePack} has checked the message.
 * Source: socket.io-msgpack-parser 3.0; notepack.io 2.2 for the extension type 0, which has `undefined` and dates.
 */
import { ProtocolError } from '../../errors.js';
import { MAX_OUTGOING_DEPTH } from '../attachments.js';
import type { Codec } from '../codec.js';
import type { PacketDecoder } from '../decoder.js';
import type { PacketLimits } from '../packet-limits.js';
import type { Packet } from '../packet.js';
import { checkPacket } from '../payload.js';
import { scanMessagePack } from './msgpack-scan.js';
import { prepare, UNDEFINED } from './msgpack-value.js';

/** The part of the package `@msgpack/msgpack` that is used. */
export interface MessagePackLibrary {
  readonly Encoder: new (options: EncoderOptions) => { encode(value: unknown): Uint8Array };
  readonly Decoder: new (options: DecoderOptions) => { decode(bytes: Uint8Array): unknown };
}

interface EncoderOptions {
  readonly extensionCodec: ExtensionCodec;
  readonly ignoreUndefined: boolean;
  readonly maxDepth: number;
}

interface DecoderOptions {
  readonly extensionCodec: ExtensionCodec;
  readonly keyDecoder: null;
}

interface ExtensionCodec {
  tryToEncode(value: unknown): { readonly type: number; readonly data: Uint8Array } | null;
  decode(data: Uint8Array, type: number): unknown;
}

const FIXEXT_1 = 0xd4;
const FIXEXT_8 = 0xd7;

/** The one extension type of notepack.io: `undefined` in one byte, dates in eight, an `ArrayBuffer` in any number. */
const NOTEPACK: ExtensionCodec = {
  tryToEncode(value) {
    if (value === UNDEFINED) return { type: 0, data: new Uint8Array(1) };
    if (!(value instanceof Date)) return null;
    const data = new Uint8Array(8);
    new DataView(data.buffer).setBigInt64(0, BigInt(value.getTime()));
    return { type: 0, data };
  },

  decode(data, type) {
    if (type !== 0) throw new ProtocolError('unknown extension type in a MessagePack value');
    // The first byte of the format precedes the type. An ArrayBuffer has a length there, whatever its size.
    const format = new Uint8Array(data.buffer, data.byteOffset - 2, 1)[0];
    if (format === FIXEXT_1) return undefined;
    if (format !== FIXEXT_8) return data;
    return new Date(Number(new DataView(data.buffer, data.byteOffset).getBigInt64(0)));
  },
};

export function messagePackCodec(limits: PacketLimits, { Encoder, Decoder }: MessagePackLibrary): Codec {
  const encoder = new Encoder({
    extensionCodec: NOTEPACK,
    ignoreUndefined: true,
    maxDepth: MAX_OUTGOING_DEPTH + 10, // `prepare` has refused deeper values
  });
  // Without the cache of keys, which all decoders of a process share.
  const library = new Decoder({ extensionCodec: NOTEPACK, keyDecoder: null });
  const decoder = new MessagePackDecoder(limits, (bytes) => library.decode(bytes));
  return {
    encode: (packet) => [encoder.encode(prepare(packet))],
    decoder: () => decoder, // it has no state: a packet is one message
  };
}

class MessagePackDecoder implements PacketDecoder {
  readonly awaiting = null;
  readonly #limits: PacketLimits;
  readonly #decode: (bytes: Uint8Array) => unknown;

  constructor(limits: PacketLimits, decode: (bytes: Uint8Array) => unknown) {
    this.#limits = limits;
    this.#decode = decode;
  }

  text(): never {
    throw new ProtocolError('got text where MessagePack was expected');
  }

  /** @throws ProtocolError */
  binary(bytes: Uint8Array): Packet {
    const containers = scanMessagePack(bytes, this.#limits);
    let value: unknown;
    try {
      value = this.#decode(bytes);
    } catch {
      throw new ProtocolError('the message is not MessagePack'); // such as a map with a key that is an array
    }
    return checkPacket(value, bytes.length, containers, this.#limits);
  }
}
