import { describe, expect, it } from 'vitest';
import { ClientReason, closeFrame } from '../../../lib/engine/connection/client-reason.js';
import { CLOSE_CODES } from '../../../lib/engine/connection/connection-state.js';
import { ProtocolError } from '../../../lib/errors.js';

describe('the reason of a disconnect', () => {
  it('is a code and a message, or a message alone', () => {
    expect(ClientReason.of({ code: 'banned', message: 'You were banned' })).toMatchObject({
      code: 'banned',
      message: 'You were banned',
    });
    expect(ClientReason.of('bye')).toMatchObject({ code: 'disconnected', message: 'bye' });
    const reason = new ClientReason('a', 'b');
    expect(ClientReason.of(reason)).toBe(reason);
    expect(String(reason)).toBe('a: b');
  });

  it.each([null, 5, {}, { code: 'a' }, { code: 1, message: 'b' }])('cannot be %j', (given) => {
    expect(() => ClientReason.of(given as never)).toThrow(
      'the reason of a disconnect must be a text or { code, message }, both texts: the client can read it',
    );
  });
});

describe('the close frame', () => {
  it('has the code of the reason, and no text for a description that is not meant for the client', () => {
    expect(closeFrame('forced close', undefined)).toEqual([1000, '']);
    expect(closeFrame('forced close', new Error('a secret'))).toEqual([1000, '']);
    expect(closeFrame('transport error', 'a secret')).toEqual([1002, '']);
    expect(closeFrame('server shutting down', undefined)).toEqual([1001, '']);
  });

  it('names what the client violated', () => {
    expect(closeFrame('parse error', new ProtocolError('too many namespaces'))).toEqual([1002, 'too many namespaces']);
  });

  it('has the code 4000 and the reason of the application', () => {
    expect(closeFrame('forced close', new ClientReason('banned', 'Bye'))).toEqual([4000, 'banned: Bye']);
  });

  it('is not sent to a client that does not answer', () => {
    expect(CLOSE_CODES['ping timeout']).toBeNull();
    expect(closeFrame('ping timeout', new ClientReason('a', 'b'))).toBeNull();
  });

  it.each([
    ['a', 200, 'x: '.length + 120],
    ['é', 100, 123], // 3 + 60 × 2
    ['é', 60, 123],
    ['€', 100, 123], // 3 + 40 × 3
    ['😀', 100, 123], // 3 + 30 × 4
  ])('cuts a text of %s at 123 bytes, between characters', (character, count, bytes) => {
    const frame = closeFrame('forced close', new ClientReason('x', character.repeat(count)));
    const text = frame?.[1] ?? '';
    expect(Buffer.byteLength(text)).toBe(bytes);
    expect(text).toMatch(new RegExp(`^x: (${character})+$`, 'u'));
  });

  it('never splits a character', () => {
    for (let pad = 0; pad < 8; pad++) {
      const text = closeFrame('forced close', new ClientReason('x'.repeat(pad + 1), '😀'.repeat(50)))?.[1] ?? '';
      expect(text).not.toContain('\uFFFD');
      expect(Buffer.byteLength(text)).toBeGreaterThan(119);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(123);
    }
  });
});
