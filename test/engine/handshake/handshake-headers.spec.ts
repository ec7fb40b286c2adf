import { describe, expect, it } from 'vitest';
import { addCookie, type HandshakeHeaders, validHeaders } from '../../../lib/engine/handshake/handshake-headers.js';
import { RecordingLog } from '../../support/engine-rig.js';

describe('addCookie', () => {
  it.each<[HandshakeHeaders, HandshakeHeaders]>([
    [{}, { 'Set-Cookie': ['io=1'] }],
    [{ 'set-cookie': 'a=b' }, { 'set-cookie': ['a=b', 'io=1'] }],
    [{ 'Set-Cookie': ['a=b', 'c=d'] }, { 'Set-Cookie': ['a=b', 'c=d', 'io=1'] }],
  ])('adds a cookie to %j', (headers, expected) => {
    addCookie(headers, 'io=1');
    expect(headers).toEqual(expected);
  });
});

describe('validHeaders', () => {
  it('keeps valid headers', () => {
    const log = new RecordingLog();
    expect(validHeaders({ 'X-A': 'a', 'X-B': ['b', 'c'] }, log)).toEqual([
      ['X-A', 'a'],
      ['X-B', ['b', 'c']],
    ]);
    expect(log.errors).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['X A', 'a'],
    ['', 'a'],
    ['X-A', 'a\r\nX-B: b'],
    ['X-A', ['a', 'b\n']],
    ['X-A', undefined],
  ])('leaves out and logs %j: %j', (name, value) => {
    const log = new RecordingLog();
    expect(validHeaders({ [name]: value as string }, log)).toEqual([]);
    expect(log.errors).toEqual([['left out a header that a listener of the engine added', expect.any(TypeError)]]);
  });
});
