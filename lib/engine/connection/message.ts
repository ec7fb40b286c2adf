/**
 * An outgoing message as RFC 6455 frames, unmasked and never fragmented. `ws` receives and closes, but messages are
 * framed here: a frame made once can be written to any number of sockets and joined with other frames.
 * Source: RFC 6455, section 5.2.
 */
import { SocketIoError } from '../../errors.js';
import { type Encoded, MESSAGE_PREFIX } from '../../protocol/internal.js';
import type { Deflater } from './deflater.js';

const FIN_TEXT = 0x81;
const FIN_BINARY = 0x82;
const RSV1 = 0x40; // compressed: RFC 7692, section 6

/** One packet, framed once for all its receivers: a text frame, followed by the frames of its attachments. */
export class Message {
  #deflated: Map<Deflater, Buffer> | null = null;

  /**
   * @param wire all frames of the packet, back to back: a snapshot of the emitted data
   * @param compress whether connections with permessage-deflate compress it
   * @param key set for a latest value: while it waits for a client that lags, a later one with the key replaces it
   */
  constructor(
    readonly wire: Buffer,
    readonly compress: boolean,
    readonly key: string | null = null,
  ) {}

  /** Frames a Socket.IO packet. Its text gets the Engine.IO prefix. */
  static of(packet: Encoded, compress = true, key: string | null = null): Message {
    if (typeof packet === 'string') return new Message(textFrame(packet, MESSAGE_PREFIX), compress, key);
    const frames = packet.map((part) =>
      typeof part === 'string' ? textFrame(part, MESSAGE_PREFIX) : bytesFrame(FIN_BINARY, part),
    );
    return new Message(frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames), compress, key);
  }

  /**
   * Returns frames with a text inserted before the last character of the first frame, which is a text frame: an argument
   * at the end of an event that the standard codec has encoded.
   * @param frames as {@link wire}
   * @param argument ASCII
   */
  static appended(frames: Buffer, argument: string, compress: boolean): Message {
    const given = payloadLength(frames, 0);
    const start = headerLength(given);
    const before = start + given - 1;
    const length = before - start + argument.length + 1;
    const at = headerLength(length);
    const wire = Buffer.allocUnsafe(at + length + frames.length - before - 1);
    writeHeader(wire, FIN_TEXT, length);
    wire.set(frames.subarray(start, before), at);
    wire.write(argument, at + before - start, 'latin1');
    wire.set(frames.subarray(before), at + before - start + argument.length);
    return new Message(wire, compress);
  }

  /** Frames a complete Engine.IO packet, such as a ping. */
  static engine(text: string): Message {
    return new Message(textFrame(text), false);
  }

  /**
   * All frames as a connection gets them.
   * @param deflater compresses each frame that becomes smaller, if {@link compress} is set; `null` for no compression
   */
  frames(deflater: Deflater | null): Buffer {
    if (deflater === null || !this.compress || this.wire.length < deflater.threshold) return this.wire;
    this.#deflated ??= new Map();
    let deflated = this.#deflated.get(deflater);
    if (deflated === undefined) this.#deflated.set(deflater, (deflated = this.#deflate(deflater)));
    return deflated;
  }

  /** The payload of each frame. */
  *payloads(): Generator<{ binary: boolean; data: Buffer }> {
    const { wire } = this;
    for (let at = 0; at < wire.length;) {
      const binary = wire[at] === FIN_BINARY;
      const length = payloadLength(wire, at);
      const start = at + headerLength(length);
      at = start + length;
      yield { binary, data: wire.subarray(start, at) };
    }
  }

  #deflate(deflater: Deflater): Buffer {
    const frames = Array.from(this.payloads(), ({ binary, data }) => {
      const first = binary ? FIN_BINARY : FIN_TEXT;
      const deflated = data.length < deflater.threshold ? data : deflater.compress(data);
      return deflated.length < data.length ? bytesFrame(first | RSV1, deflated) : bytesFrame(first, data);
    });
    return frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames);
  }
}

/**
 * Frames an Engine.IO message that is not a Socket.IO packet.
 * @throws SocketIoError `INVALID_ARGUMENT` for anything but text and bytes
 */
export function engineMessage(data: string | Uint8Array, compress = true): Message {
  if (typeof data === 'string') return Message.of(data, compress);
  if (data instanceof Uint8Array) return Message.of([data], compress);
  throw new SocketIoError('INVALID_ARGUMENT', `an Engine.IO message must be a string or bytes, got ${typeof data}`);
}

/**
 * Whether these bytes are one or more frames of packets, as {@link Message.of} writes them: complete, unmasked, not
 * fragmented, not compressed, their lengths in as few bytes as possible. For bytes that another process sends: a client
 * would close its connection at any other frame. UTF-8 and the packet inside are not checked.
 */
export function arePacketFrames(bytes: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const first = bytes[at];
    const short = bytes[at + 1] as number;
    if (first !== FIN_TEXT && first !== FIN_BINARY) return false;
    const header = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (end - at < header) return false;
    if (header === 10 && (short !== 127 || bytes.readUInt32BE(at + 2) !== 0)) return false;
    const length = payloadLength(bytes, at);
    if (headerLength(length) !== header) return false;
    if (first === FIN_TEXT && (length === 0 || bytes[at + header] !== MESSAGE_PREFIX)) return false;
    at += header + length;
  }
  return at === end && at > start;
}

/** Reads the length in a header that is known to be complete. */
function payloadLength(frames: Buffer, at: number): number {
  const short = frames[at + 1] as number;
  if (short < 126) return short;
  return short === 126 ? frames.readUInt16BE(at + 2) : frames.readUInt32BE(at + 6);
}

/** @param prefix the code of a character to put before the text */
function textFrame(text: string, prefix?: number): Buffer {
  const before = prefix === undefined ? 0 : 1;
  const length = before + Buffer.byteLength(text);
  const start = headerLength(length);
  const frame = Buffer.allocUnsafe(start + length);
  writeHeader(frame, FIN_TEXT, length);
  if (prefix !== undefined) frame[start] = prefix;
  frame.write(text, start + before);
  return frame;
}

/** @param first the first byte of the header */
function bytesFrame(first: number, data: Uint8Array): Buffer {
  const start = headerLength(data.byteLength);
  const frame = Buffer.allocUnsafe(start + data.byteLength);
  writeHeader(frame, first, data.byteLength);
  frame.set(data, start);
  return frame;
}

function headerLength(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

function writeHeader(frame: Buffer, first: number, length: number): void {
  frame[0] = first;
  if (length < 126) frame[1] = length;
  else if (length < 65_536) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeUInt32BE(0, 2); // a Buffer is shorter than 2^32 bytes
    frame.writeUInt32BE(length, 6);
  }
}
