import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Deflater, Deflaters } from '../../../lib/engine/connection/deflater.js';

const text = Buffer.from(Array.from({ length: 50_000 }, (_, i) => i.toString(36)).join(' '));

/** Decompresses as a receiver does. */
function inflate(data: Buffer, windowBits = 15): Buffer {
  const whole = Buffer.concat([data, Buffer.of(0x00, 0x00, 0xff, 0xff)]);
  return inflateRawSync(whole, { windowBits, finishFlush: constants.Z_SYNC_FLUSH });
}

/** Compresses a text at this level with zlib directly. */
function sizeAt(level: number, data: Buffer): number {
  return deflateRawSync(data, { level, windowBits: 12, finishFlush: constants.Z_SYNC_FLUSH }).length - 4;
}

describe('Deflater', () => {
  it.each([9, 12, 15])('compresses for a window of %i bits', (bits) => {
    const deflater = new Deflater({}, bits);
    // `toEqual` takes a second for so many bytes.
    expect(inflate(deflater.compress(text), bits).equals(text)).toBe(true);
    expect(inflate(deflater.compress(text), bits).equals(text)).toBe(true); // no context
  });

  it('leaves out the empty block at the end', () => {
    expect(new Deflater({}).compress(Buffer.from('Hello')).toString('hex')).toBe('f248cdc9c90700'); // RFC 7692, 7.2.3.1
  });

  it('has a threshold of 1 kB by default', () => {
    expect(new Deflater({}).threshold).toBe(1_024);
    expect(new Deflater({ threshold: 0 }).threshold).toBe(0);
  });

  it('compresses large messages at the fastest level by default', () => {
    const small = text.subarray(0, 100_000);
    const deflater = new Deflater({});
    expect(deflater.compress(small)).toHaveLength(sizeAt(6, small));
    expect(deflater.compress(text)).toHaveLength(sizeAt(1, text));
    const thorough = new Deflater({ zlibDeflateOptions: { level: 9 } });
    expect(thorough.compress(small)).toHaveLength(sizeAt(9, small));
    expect(thorough.compress(text)).toHaveLength(sizeAt(9, text));
  });
});

describe('Deflaters', () => {
  it('returns the same deflater for the same window size', () => {
    const deflaters = new Deflaters({});
    expect(deflaters.negotiated('permessage-deflate; server_no_context_takeover')).toBe(deflaters.withWindow(12));
    const small = deflaters.negotiated('permessage-deflate; server_max_window_bits=10; server_no_context_takeover');
    expect(small).toBe(deflaters.withWindow(10));
    expect(small).not.toBe(deflaters.withWindow(12));
  });

  it('compresses for 12 bits at most, unless an option allows more', () => {
    const [usual, large] = [new Deflaters({}), new Deflaters({ serverMaxWindowBits: 15 })];
    const answer = 'permessage-deflate; server_no_context_takeover; server_max_window_bits=15';
    expect(usual.negotiated(answer)).toBe(usual.withWindow(12));
    expect(large.negotiated(answer)).toBe(large.withWindow(15));
  });

  it.each([
    [undefined, undefined],
    ['permessage-deflate', undefined],
    ['permessage-deflate; client_max_window_bits', 12],
    ['x-other; client_max_window_bits, permessage-deflate;client_max_window_bits = "15"', 12],
    ['permessage-deflate; client_max_window_bits=12', 12],
    ['permessage-deflate; client_max_window_bits=11', undefined],
    ['permessage-deflate, permessage-deflate; client_max_window_bits', undefined],
    ['x-other; client_max_window_bits', undefined],
  ])('answers the offer %j with a window of %s bits for messages from the client', (offer, bits) => {
    expect(new Deflaters({}).negotiation(offer).clientMaxWindowBits).toBe(bits);
  });

  it('negotiates messages without context, whatever the options say', () => {
    const deflaters = new Deflaters({ serverNoContextTakeover: false, clientMaxWindowBits: 10 });
    for (const offer of ['permessage-deflate', 'permessage-deflate; client_max_window_bits']) {
      expect(deflaters.negotiation(offer)).toEqual({ serverNoContextTakeover: true, clientMaxWindowBits: 10 });
    }
  });

  it.each([{ zlibDeflateOptions: { level: 99 } }, { serverMaxWindowBits: 20 }])('refuses %j', (options) => {
    expect(() => new Deflaters(options)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: expect.stringMatching(/^option "perMessageDeflate" must be options that zlib accepts, got \{.*\}: /),
      }),
    );
  });
});
