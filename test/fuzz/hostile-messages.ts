/** Messages of a client: valid ones, and valid ones with every kind of mistake. */
import * as stock from 'socket.io-msgpack-parser';
import { encode } from '../../lib/protocol/internal.js';
import { FRAGMENTS, mutated, mutatedBytes } from '../support/mutations.js';
import { type Choices, packetOf, received } from '../support/packets.js';
import type { Message } from '../support/wire.js';

/** The messages of several packets, without the Engine.IO prefix of texts. */
export function hostileMessages(choices: Choices): Message[] {
  return choices.times(1 + choices.below(6), () => hostilePacket(choices)).flat();
}

function hostilePacket(choices: Choices): Message[] {
  const encoded = encode(packetOf(choices));
  const [text, ...parts] = (typeof encoded === 'string' ? [encoded] : encoded) as [string, ...Uint8Array[]];
  switch (choices.below(10)) {
    case 0:
    case 1:
      return [mutated(text, choices), ...parts];
    case 2:
      return [text, ...parts.slice(1)];
    case 3:
      return [text, ...parts, Buffer.of(choices.below(256))];
    case 4:
      return [...parts, text];
    case 5:
      return [text, ...parts.map((part) => `b${Buffer.from(part).toString('base64')}`)];
    case 6:
      return [choices.times(choices.below(12), () => choices.of(FRAGMENTS)).join('')];
    case 7:
      return [inflated(text, choices), ...parts];
    default:
      return [text, ...parts];
  }
}

/** Repeats a part of a text very often: whatever is not linear takes too long. */
function inflated(text: string, choices: Choices): string {
  const at = choices.below(256) % (text.length + 1);
  const unit = choices.below(2) === 0 ? choices.of(FRAGMENTS) : text.slice(at, at + 1 + choices.below(40));
  return text.slice(0, at) + unit.repeat(choices.below(256) * 100) + text.slice(at);
}

/** A MessagePack message: a packet of the stock client, a packet of that kind with mistakes, or any value. */
export function hostileMessagePack(choices: Choices): Buffer {
  switch (choices.below(4)) {
    case 0:
      return Buffer.concat([PACKET, value(choices, 0)]);
    case 1:
      return value(choices, 0);
    default: {
      const packet = packetOf(choices);
      const data = 'data' in packet && packet.data !== undefined ? received(packet.data) : undefined;
      const [message] = new stock.Encoder().encode({ ...packet, data }) as unknown as [Buffer];
      return choices.below(3) === 0 ? message : mutatedBytes(message, choices);
    }
  }
}

/** The start of a map: `type`, `nsp` and the key `data`, whose value follows. */
const PACKET = Buffer.from('83a47479706502a36e7370a12fa464617461', 'hex');

/** First bytes that announce more, with the number of bytes of their length. */
const HEADERS: readonly (readonly [first: number, lengthBytes: number])[] = [
  [0xc4, 1],
  [0xc5, 2],
  [0xc6, 4],
  [0xc7, 1],
  [0xc8, 2],
  [0xc9, 4],
  [0xd9, 1],
  [0xda, 2],
  [0xdb, 4],
  [0xdc, 2],
  [0xdd, 4],
  [0xde, 2],
  [0xdf, 4],
];

/** A value that is often well-formed, and often announces something else than follows. */
function value(choices: Choices, depth: number): Buffer {
  const kind = depth > 90 ? 0 : choices.below(10);
  const several = (count: number): Buffer[] => choices.times(count, () => value(choices, depth + 1));
  if (kind < 3) return Buffer.of(choices.below(256), ...choices.times(choices.below(4), () => choices.below(256)));
  if (kind === 3) return Buffer.concat([Buffer.of(0xa1, 0x61 + choices.below(26))]);
  if (kind < 6) {
    const count = choices.below(6);
    return Buffer.concat([Buffer.of(0x90 + count), ...several(count)]);
  }
  if (kind < 8) {
    const count = choices.below(4);
    const members = choices.times(count, () => [Buffer.of(0xa1, 0x61 + choices.below(3)), ...several(1)]).flat();
    return Buffer.concat([Buffer.of(0x80 + count), ...members]);
  }
  if (kind === 8)
    return Buffer.concat([...Array.from({ length: choices.below(256) }, () => Buffer.of(0x91)), ...several(1)]);
  const [first, lengthBytes] = choices.of(HEADERS);
  const length = choices.of([0, 1, 2, 5, 255]);
  const announced = choices.below(2) === 0 ? length : choices.below(256) * 2 ** (8 * choices.below(lengthBytes));
  const head = Buffer.alloc(1 + lengthBytes);
  head[0] = first;
  head.writeUIntBE(announced % 256 ** lengthBytes, 1, lengthBytes);
  return Buffer.concat([head, ...(first < 0xdc ? [Buffer.alloc(length, 0x61)] : several(Math.min(length, 5)))]);
}
