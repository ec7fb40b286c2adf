import { describe, expect, it } from 'vitest';
import { RECOVERABLE, RecoveryCursor, sessionClaim, withoutOffset } from '../../../lib/server/adapter/recovery.js';

describe('RecoveryCursor', () => {
  it('starts at the position that the client knows', () => {
    expect(new RecoveryCursor('pid', 7)).toEqual({ pid: 'pid', known: 7, from: 7, sent: 7, rewound: 0, joined: null });
    expect(new RecoveryCursor('pid', 7, 9)).toMatchObject({ known: 7, from: 9, sent: 7 });
  });

  it('has a pid of its own by default', () => {
    expect(new RecoveryCursor().pid).toMatch(/^[\w-]{20}$/);
    expect(new RecoveryCursor().pid).not.toBe(new RecoveryCursor().pid);
  });
});

describe('RECOVERABLE', () => {
  it('has the reasons that neither side requested', () => {
    expect(RECOVERABLE.has('transport close')).toBe(true);
    expect(RECOVERABLE.has('client namespace disconnect')).toBe(false);
    expect(RECOVERABLE.has('server namespace disconnect')).toBe(false);
  });
});

describe('sessionClaim', () => {
  it.each([
    [{}, null],
    [{ pid: 1 }, null],
    [{ offset: 'o' }, null],
    [{ pid: 'p' }, { pid: 'p', offset: undefined }],
    [
      { pid: 'p', offset: 1 },
      { pid: 'p', offset: undefined },
    ],
    [
      { pid: 'p', offset: 'o', token: 't' },
      { pid: 'p', offset: 'o' },
    ],
  ])('reads %j as %j', (auth, claim) => {
    expect(sessionClaim(auth)).toEqual(claim);
  });
});

describe('withoutOffset', () => {
  it('appends null to an event that ends with a string, and to no other', () => {
    expect(withoutOffset(['e'])).toEqual(['e', null]);
    expect(withoutOffset(['e', 1, 'text'])).toEqual(['e', 1, 'text', null]);
    const data: [string, number] = ['e', 1];
    expect(withoutOffset(data)).toBe(data);
  });
});
