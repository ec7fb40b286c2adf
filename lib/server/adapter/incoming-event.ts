/**
 * An event of another server, of which only the frames are at hand. The packet is decoded if a listener of outgoing
 * events wants to see it, which is rare. Metrics need only its name, which is read from the text of the first frame.
 */
import type { Message } from '../../engine/internal.js';
import { type Codec, type EventPacket, PacketType } from '../../protocol/internal.js';
import type { EncodedEvent } from '../telemetry/event-name.js';

export class IncomingEvent implements EncodedEvent {
  readonly type = PacketType.EVENT;
  readonly nsp: string;
  readonly #message: Message;
  readonly #codec: Codec;
  #data: EventPacket['data'] | null = null;

  constructor(message: Message, namespace: string, codec: Codec) {
    this.#message = message;
    this.nsp = namespace;
    this.#codec = codec;
  }

  /** @throws ProtocolError for frames that are no event */
  get data(): EventPacket['data'] {
    return (this.#data ??= decodeEvent(this.#message, this.#codec));
  }

  /** The name. @throws ProtocolError for frames that are no event */
  get event(): string {
    return nameIn(this.#message, this.nsp) ?? String(this.data[0]);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Reads the first string in the array of a packet. @returns `null` unless it is a text with such an array */
function nameIn(message: Message, namespace: string): string | null {
  const [first] = message.payloads();
  if (first === undefined || first.binary) return null;
  const { data } = first;
  const array = data.indexOf('["', namespace === '/' ? 0 : Buffer.byteLength(namespace));
  if (array === -1) return null;
  let end = data.indexOf(QUOTE, array + 2);
  while (end !== -1 && isEscaped(data, end)) end = data.indexOf(QUOTE, end + 1);
  return end === -1 ? null : (JSON.parse(data.toString('utf8', array + 1, end + 1)) as string);
}

/** Whether an odd number of backslashes precedes a character. */
function isEscaped(data: Buffer, at: number): boolean {
  let before = at;
  while (data[before - 1] === BACKSLASH) before--;
  return (at - before) % 2 === 1;
}

/** Decodes the packet of a message. @throws ProtocolError for frames that are no event */
export function decodeEvent(message: Message, codec: Codec): EventPacket['data'] {
  const decoder = codec.decoder();
  let packet = null;
  for (const { binary, data } of message.payloads()) {
    // The text of a packet has the prefix of Engine.IO.
    packet = binary ? decoder.binary(data) : decoder.text(data.toString('utf8'), 1);
  }
  if (packet?.type !== PacketType.EVENT) throw new TypeError('the frames of a broadcast must be an event');
  return packet.data;
}
