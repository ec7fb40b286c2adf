/** Encodes and decodes packets, compared with `socket.io-parser`. Both sides do the same to the same packet. */
import { Decoder as TheirDecoder, Encoder as TheirEncoder, PacketType } from 'socket.io-parser';
import { Decoder, encode } from '../../../dist/protocol/internal.js';
import { textOf } from '../wire.mjs';

const { EVENT, ACK } = PacketType;
const TEXT = textOf(0, 0);
const ORDER = { id: 4711, customer: { name: 'Ann', tags: ['new', 'vip'] }, items: [{ sku: 'a-1', count: 2 }] };

/** Packets by name, in the form that both sides understand. */
const PACKETS = {
  'event, 64 B of text': { type: EVENT, nsp: '/', data: ['said', TEXT] },
  'event, nested object': { type: EVENT, nsp: '/', data: ['order', ORDER] },
  'event with acknowledgement id, namespace': { type: EVENT, nsp: '/chat', id: 12, data: ['say', TEXT] },
  acknowledgement: { type: ACK, nsp: '/', id: 12, data: [TEXT] },
  'event, 64 B of binary': { type: EVENT, nsp: '/', data: ['image', Buffer.alloc(64)] },
};

const theirs = new TheirEncoder();

export const codec = Object.entries(PACKETS).flatMap(([name, packet]) => {
  const wire = [encode(packet)].flat();
  return [
    // Their encoder gets a copy, because it changes the packet.
    { name: `encode: ${name}`, ours: () => encode(packet), theirs: () => theirs.encode({ ...packet }) },
    { name: `decode: ${name}`, ours: ourDecoding(wire), theirs: theirDecoding(wire) },
  ];
});

function ourDecoding([text, ...binaries]) {
  const decoder = new Decoder();
  return () => {
    let packet = decoder.text(text);
    for (const binary of binaries) packet = decoder.binary(binary);
    return packet;
  };
}

function theirDecoding(wire) {
  const decoder = new TheirDecoder();
  let packet;
  decoder.on('decoded', (decoded) => {
    packet = decoded;
  });
  return () => {
    for (const part of wire) decoder.add(part);
    return packet;
  };
}
