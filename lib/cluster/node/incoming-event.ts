/**
 * An event of another server, of which only the frames are at hand. The packet is decoded if a listener of outgoing
 * events wants to see it, which is rare.
 */
import type { Message } from '../../engine/internal.js';
import { type Codec, type EventPacket, PacketType } from '../../protocol/internal.js';

export class IncomingEvent implements EventPacket {
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
