/**
 * Compares our codec with the reference implementation of the protocol, the package `socket.io-parser`. Each decodes
 * what the other encodes, and where they differ, ours is stricter. Each property runs once with a fixed seed and once
 * with a new one, which `fast-check` prints if the property fails.
 */
import { deepStrictEqual } from 'node:assert/strict';
import { assert, property, sample, tuple, uint8Array } from 'fast-check';
import * as reference from 'socket.io-parser';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../lib/errors.js';
import { Decoder } from '../../lib/protocol/decoder.js';
import { encode } from '../../lib/protocol/encoder.js';
import { type Packet, PacketType } from '../../lib/protocol/packet.js';
import { FRAGMENTS, mutated } from '../support/mutations.js';
import { Choices, packets, received } from '../support/packets.js';
import { bytes, type Message, nested, placeholder } from '../support/wire.js';

/** Cases of each property. The seed that changes adds as many with each run of the tests. */
const RUNS = Number(process.env['CONFORMANCE_RUNS'] ?? 5_000);
const SEEDS = [
  ['a seed that stays', { numRuns: RUNS, seed: 42 }],
  ['a new seed', { numRuns: RUNS }],
] as const;
const TIMEOUT = 120_000;

/** The members that packets of both implementations have. */
interface AnyPacket {
  readonly type: number;
  readonly nsp: string;
  readonly id?: number | undefined;
  readonly data?: unknown;
}

/** Normalises a packet so that equal packets are deeply equal. */
function plain(packet: AnyPacket | null): AnyPacket | null {
  if (packet === null) return null;
  const { type, nsp, id, data } = packet;
  return { type, nsp, id, data: data === undefined ? undefined : received(data) };
}

/** Encodes a packet with our codec, without the Engine.IO prefix. */
function encoded(packet: Packet): readonly Message[] {
  const messages = encode(packet);
  return typeof messages === 'string' ? [messages] : messages;
}

function referenceEncoded(packet: Packet): readonly Message[] {
  const messages: readonly unknown[] = new reference.Encoder().encode(packet as never);
  return messages.map((message) => (typeof message === 'string' ? message : (received(message) as Buffer)));
}

/** Decodes messages with our codec. @returns the result for the last one */
function decoded(messages: readonly Message[]): Packet | null {
  const decoder = new Decoder();
  let packet: Packet | null = null;
  for (const message of messages) {
    packet = typeof message === 'string' ? decoder.text(message) : decoder.binary(message);
  }
  return packet;
}

function referenceDecoded(messages: readonly Message[]): AnyPacket | null {
  const decoder = new reference.Decoder();
  let packet: AnyPacket | null = null;
  decoder.on('decoded', (result) => {
    packet = result;
  });
  for (const message of messages) decoder.add(message);
  return packet;
}

describe.each(SEEDS)('Conformance with %s', (_, parameters) => {
  it('encodes what the reference decodes to the same packet', { timeout: TIMEOUT }, () => {
    const same = property(packets('__proto__'), (packet) => {
      deepStrictEqual(plain(referenceDecoded(encoded(packet))), plain(packet));
    });
    assert(same, parameters);
  });

  // The key `__proto__` is not among those of the next two: the reference does not encode it together with binary parts.

  it('decodes what the reference encodes to the same packet', { timeout: TIMEOUT }, () => {
    const same = property(packets(), (packet) => {
      deepStrictEqual(plain(decoded(referenceEncoded(packet))), plain(packet));
    });
    assert(same, parameters);
  });

  it('encodes to the same text and the same parts', { timeout: TIMEOUT }, () => {
    const same = property(packets(), (packet) => {
      deepStrictEqual(encoded(packet).map(received), referenceEncoded(packet));
    });
    assert(same, parameters);
  });

  it('decodes its own messages to the same packet', { timeout: TIMEOUT }, () => {
    const same = property(packets('__proto__'), (packet) => {
      deepStrictEqual(plain(decoded(encoded(packet))), plain(packet));
    });
    assert(same, parameters);
  });
});

describe('The generator', () => {
  it('creates packets of every type, with and without parts, shallow and deep', () => {
    const messages = sample(packets(), { numRuns: 10_000, seed: 42 }).map(encoded);
    const texts = messages.map(([text]) => text as string);
    const share = (holds: (text: string) => boolean) => texts.filter(holds).length / texts.length;
    for (const type of '0123456') expect(share((text) => text.startsWith(type))).toBeGreaterThan(0.02);
    expect(share((text) => /^\d(\d+-)?\//.test(text))).toBeGreaterThan(0.2);
    expect(share((text) => /^[2356](\d+-)?(\/[^,]*,)?\d/.test(text))).toBeGreaterThan(0.2);
    expect(share((text) => /^[25](\d+-)?(\/[^,]*,)?\d*\[-?\d/.test(text))).toBeGreaterThan(0.02);
    expect(share((text) => /(\[|\{"[^"]*":){5}/.test(text))).toBeGreaterThan(0.02);
    expect(messages.filter(({ length }) => length > 3).length).toBeGreaterThan(200);
    expect(Math.max(...messages.map(({ length }) => length))).toBeGreaterThan(6);
  });
});

/** Messages with the Engine.IO prefix, as on the wire. */
const STRICTER: readonly (readonly [what: string, ...messages: Message[]])[] = [
  ['an empty packet', '4'],
  ['a blank for a type', '4 '],
  ['an event without a payload', '42'],
  ['an event with an id and no payload', '421'],
  ['a refusal without a payload', '44'],
  ['a binary event without a payload', '451-', bytes('01')],
  ['a binary acknowledgement without a payload', '461-', bytes('01')],

  ['a blank before the payload', '42 ["e"]'],
  ['a line feed before the payload', '42\n["e"]'],
  ['a blank before the id', '42 1["e"]'],
  ['a no-break space before the id', '42\u00a01["e"]'],
  ['a blank after the id', '421 ["e"]'],
  ['a blank for an id', '43 '],
  ['a blank after DISCONNECT', '41 '],
  ['a blank in CONNECT', '40 {"a":1}'],

  ['an id of 2^53', '429007199254740992["e"]'],
  ['an id of 30 digits', '42999999999999999999999999999999["e"]'],
  ['an id with many zeros', '4200000000000000001["e"]'],
  ['too large an id of CONNECT', '409007199254740992'],

  ['a plus sign in the attachment count', `45+1-["e",${placeholder(0)}]`, bytes('01')],
  ['an exponent in the attachment count', `451e0-["e",${placeholder(0)}]`, bytes('01')],
  ['a hexadecimal attachment count', `450x1-["e",${placeholder(0)}]`, bytes('01')],
  ['a binary attachment count', `450b1-["e",${placeholder(0)}]`, bytes('01')],
  ['a fraction in the attachment count', `451.0-["e",${placeholder(0)}]`, bytes('01')],
  ['a blank before the attachment count', `45 1-["e",${placeholder(0)}]`, bytes('01')],
  ['a blank after the attachment count', `451 -["e",${placeholder(0)}]`, bytes('01')],
  ['many zeros in the attachment count', `4500000000000000001-["e",${placeholder(0)}]`, bytes('01')],

  ['a binary event without a placeholder', '451-["e"]', bytes('01')],
  ['fewer placeholders than parts', `452-["e",${placeholder(0)}]`, bytes('01'), bytes('02')],
  ['one part in two places', `451-["e",${placeholder(0)},${placeholder(0)}]`, bytes('01')],
  ['one part in two places and one in none', `452-[1,${placeholder(0)},${placeholder(0)}]`, bytes('01'), bytes('02')],
  ['a placeholder with a fraction', `451-["e",${placeholder(0.5)}]`, bytes('01')],

  ['65 arrays inside one another', `43${nested(65)}`],
  ['65 arguments of an event', `42["e"${',0'.repeat(65)}]`],
  ['65 arguments of an acknowledgement', `431[0${',0'.repeat(64)}]`],
  ['a namespace of 256 characters', `40/${'n'.repeat(255)},`],
  ['parts of more than a million bytes', `461-[${placeholder(0)}]`, Buffer.alloc(1_000_001)],
  [
    'parts of more than a million bytes together',
    `462-[${placeholder(0)},${placeholder(1)}]`,
    Buffer.alloc(500_001),
    Buffer.alloc(500_000),
  ],
];

describe('Strictness', () => {
  it.each(STRICTER)('refuses %s, which the reference accepts', (_, ...messages) => {
    const unprefixed = messages.map((message) => (typeof message === 'string' ? message.slice(1) : message));
    expect(referenceDecoded(unprefixed)).not.toBeNull();
    expect(() => decoded(unprefixed)).toThrow(ProtocolError);
  });
});

/** Decodes a text with our codec, with as many parts as it needs. @returns `null` if it refuses the text */
function attempted(text: string): { packet: Packet; messages: readonly Message[] } | null {
  const decoder = new Decoder();
  const messages: Message[] = [text];
  try {
    let packet = decoder.text(text);
    while (packet === null && messages.length <= 10) {
      messages.push(bytes('2a'));
      packet = decoder.binary(bytes('2a'));
    }
    if (packet === null) throw new Error('the decoder wants more than ten parts');
    return { packet, messages };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    deepStrictEqual(decoder.awaiting, null);
    return null;
  }
}

/** Applies the two intended differences of our decoder to a packet of the reference. */
function simplified(packet: AnyPacket | null): AnyPacket | null {
  if (packet === null || packet.type === PacketType.EVENT) return packet;
  const { type, nsp, data } = packet;
  if (type !== PacketType.ACK) return { type, nsp, data }; // an id means nothing there
  return data === undefined ? { ...packet, data: [] } : packet; // no payload: no arguments
}

/** Expects the reference to decode an accepted text to the same valid packet. @returns whether it was accepted */
function acceptedByBoth(text: string): boolean {
  const result = attempted(text);
  if (result === null) return false;
  deepStrictEqual(plain(result.packet), plain(simplified(referenceDecoded(result.messages))));
  deepStrictEqual(reference.isPacketValid(result.packet as never), true);
  return true;
}

describe.each(SEEDS)('Robustness with %s', (_, parameters) => {
  it('accepts of altered packets only what the reference accepts', { timeout: TIMEOUT }, () => {
    let accepted = 0;
    const same = property(
      tuple(packets('__proto__'), uint8Array({ maxLength: 16, size: 'max' })),
      ([packet, changes]) => {
        const [text] = encoded(packet);
        if (acceptedByBoth(mutated(text as string, new Choices(changes)))) accepted++;
      },
    );
    assert(same, parameters);
    expect(accepted).toBeGreaterThan(RUNS / 20);
    expect(accepted).toBeLessThan(RUNS / 2);
  });

  it('accepts of any sequence of fragments only what the reference accepts', { timeout: TIMEOUT }, () => {
    let accepted = 0;
    const same = property(uint8Array({ maxLength: 12, size: 'max' }), (places) => {
      const choices = new Choices(places);
      const text = `${choices.below(8)}${choices.times(choices.below(8), () => choices.of(FRAGMENTS)).join('')}`;
      if (acceptedByBoth(text)) accepted++;
    });
    assert(same, parameters);
    expect(accepted).toBeGreaterThan(RUNS / 100);
    expect(accepted).toBeLessThan(RUNS / 2);
  });
});
