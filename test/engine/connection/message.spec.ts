import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Deflater } from '../../../lib/engine/connection/deflater.js';
import { arePacketFrames, Message } from '../../../lib/engine/connection/message.js';

function hex(message: Message): string {
  return message.wire.toString('hex');
}

describe('Message.of', () => {
  it('frames a text with the prefix of a message', () => {
    // FIN and text, length 7, then 42["a"]
    expect(hex(Message.of('2["a"]'))).toBe('810734325b2261225d');
  });

  it('frames an empty text', () => {
    expect(hex(Message.of(''))).toBe('810134');
  });

  it('counts the bytes of a text, not its characters', () => {
    // 4é€😀 is 1 + 2 + 3 + 4 bytes
    expect(hex(Message.of('é€😀'))).toBe(['810a', '34', 'c3a9', 'e282ac', 'f09f9880'].join(''));
  });

  it.each([
    [124, '817d'], // 125 bytes with the prefix
    [125, '817e007e'],
    [65_534, '817effff'],
    [65_535, '817f0000000000010000'],
  ])('writes the length of a text of %i characters in as few bytes as possible', (length, header) => {
    const { wire } = Message.of('x'.repeat(length));
    const start = header.length / 2;
    expect(wire.subarray(0, start).toString('hex')).toBe(header);
    expect(wire.length).toBe(start + 1 + length);
    expect(wire.subarray(start).toString()).toBe('4' + 'x'.repeat(length));
  });

  it.each([
    [0, '8200'],
    [125, '827d'],
    [126, '827e007e'],
    [65_535, '827effff'],
    [65_536, '827f0000000000010000'],
  ])('writes the length of %i bytes in as few bytes as possible', (length, header) => {
    const { wire } = Message.of([new Uint8Array(length).fill(7)]);
    const start = header.length / 2;
    expect(wire.subarray(0, start).toString('hex')).toBe(header);
    expect(wire.toString('hex', start)).toBe('07'.repeat(length));
  });

  it('puts the attachments after their text, without a prefix', () => {
    const message = Message.of(['51-["a"]', Uint8Array.of(1, 2), Uint8Array.of(255)]);
    expect(hex(message)).toBe(['8109', '3435312d5b2261225d', '8202', '0102', '8201', 'ff'].join(''));
  });

  it('takes a snapshot of the bytes', () => {
    const data = Uint8Array.of(1, 2);
    const alone = Message.of([data]);
    const attached = Message.of(['51-["a"]', data]);
    data.fill(9);
    expect(hex(alone)).toBe('82020102');
    expect(hex(attached)).toMatch(/82020102$/);
  });

  it('frames only the visible part of a view', () => {
    expect(hex(Message.of([Uint8Array.of(1, 2, 3, 4).subarray(1, 3)]))).toBe('82020203');
  });

  it('enables compression by default', () => {
    expect(Message.of('2["a"]').compress).toBe(true);
    expect(Message.of('2["a"]', true).compress).toBe(true);
    expect(Message.of('2["a"]', false).compress).toBe(false);
    expect(Message.of([Uint8Array.of(1)], false).compress).toBe(false);
    expect(Message.of(['51-["a"]', Uint8Array.of(1)], false).compress).toBe(false);
  });
});

describe('Message.engine', () => {
  it('frames a text as it is, without compression', () => {
    const ping = Message.engine('2');
    expect(hex(ping)).toBe('810132');
    expect(ping.compress).toBe(false);
  });
});

describe('payloads', () => {
  it('returns the payload of each frame', () => {
    const text = Message.of('2["a"]');
    expect([...text.payloads()]).toEqual([{ binary: false, data: Buffer.from('42["a"]') }]);
    const mixed = Message.of(['52-["a"]', Uint8Array.of(1, 2), new Uint8Array(0)]);
    expect([...mixed.payloads()]).toEqual([
      { binary: false, data: Buffer.from('452-["a"]') },
      { binary: true, data: Buffer.of(1, 2) },
      { binary: true, data: Buffer.alloc(0) },
    ]);
  });

  it.each([125, 126, 65_535, 65_536, 70_000])('finds the frame after one of %i bytes', (length) => {
    const message = Message.of([new Uint8Array(length).fill(7), 'x', Uint8Array.of(1)]);
    const payloads = [...message.payloads()].map(({ binary, data }) => [binary, data.toString('hex')]);
    expect(payloads).toEqual([
      [true, '07'.repeat(length)],
      [false, '3478'],
      [true, '01'],
    ]);
  });

  it('copies nothing', () => {
    const message = Message.engine('2');
    const [payload] = message.payloads();
    message.wire[2] = 0x33;
    expect(payload?.data.toString()).toBe('3');
  });
});

describe('frames', () => {
  const deflater = new Deflater({ threshold: 16 });

  it('are unchanged without a deflater, without `compress` or below the threshold', () => {
    const long = Message.of('x'.repeat(100));
    expect(long.frames(null)).toBe(long.wire);
    const unwanted = Message.of('x'.repeat(100), false);
    expect(unwanted.frames(deflater)).toBe(unwanted.wire);
    const short = Message.of('short');
    expect(short.frames(deflater)).toBe(short.wire);
  });

  it('are compressed once for each deflater', () => {
    const message = Message.of('x'.repeat(100));
    const frames = message.frames(deflater);
    expect(frames.toString('hex')).toBe('c10632a9a0030000');
    expect(message.frames(deflater)).toBe(frames);
    expect(message.frames(new Deflater({ threshold: 16 }, 9))).not.toBe(frames);
  });

  it('are compressed one by one, where that saves bytes', () => {
    const random = randomBytes(64);
    const message = Message.of(['51-["a"]', new Uint8Array(300).fill(7), random]);
    const frames = message.frames(deflater);
    const text = Buffer.from('451-["a"]');
    expect(frames.subarray(0, 11)).toEqual(Buffer.concat([Buffer.of(0x81, text.length), text])); // too short
    expect(frames[11]).toBe(0xc2);
    expect(frames.subarray(-66)).toEqual(Buffer.concat([Buffer.of(0x82, 64), random])); // no smaller
  });
});

describe('arePacketFrames', () => {
  it.each([
    ['a text', '2["a"]'],
    ['an empty packet', ''],
    ['attachments', ['51-["a"]', Uint8Array.of(1, 2), new Uint8Array(0)]],
    ['a text of 126 bytes', 'x'.repeat(125)],
    ['a text of 65,535 bytes', 'x'.repeat(65_534)],
    ['a text of 65,536 bytes', 'x'.repeat(65_535)],
    ['bytes', [new Uint8Array(70_000)]],
  ])('accepts %s', (_name, packet) => {
    const { wire } = Message.of(packet);
    expect(arePacketFrames(wire, 0, wire.length)).toBe(true);
    expect(arePacketFrames(Buffer.concat([Buffer.of(0xff), wire, Buffer.of(0xff)]), 1, wire.length + 1)).toBe(true);
    for (const length of [0, 1, wire.length - 1]) expect(arePacketFrames(wire, 0, length)).toBe(false);
  });

  it.each([
    ['no frame', ''],
    ['a masked frame', '81810000000034'],
    ['a fragment', '010134'],
    ['a continuation', '800134'],
    ['a compressed frame', 'c10134'],
    ['a close frame', '8800'],
    ['a ping', '8900'],
    ['a reserved opcode', '830134'],
    ['a length of two bytes that fits into one', '817e000134'],
    ['a length of eight bytes that fits into two', '827f000000000000000100'],
    ['a length of more than 32 bits', '827f000000010000000000'],
    ['a length past the end', '81ff'],
    ['an incomplete length', '817e00'],
    ['an empty text', '8100'],
    ['the text of another packet of Engine.IO', '810131'],
    ['a byte after the last frame', '81013481'],
  ])('refuses %s', (_name, hexDigits) => {
    const bytes = Buffer.from(hexDigits, 'hex');
    expect(arePacketFrames(bytes, 0, bytes.length)).toBe(false);
  });
});
