/** Code written for `socket.io` also compiles against this package, with the same inferred types. */
import { describe, expect, it } from 'vitest';
import { typeErrors } from '../support/compiler.js';

const DEADLINE = 120_000; // a compiler on a busy machine

describe('code written for Socket.IO', () => {
  it('compiles against socket.io', { timeout: DEADLINE }, () => {
    expect(typeErrors('test/types/socket-io-code.ts')).toEqual([]);
  });

  it('compiles against this package after changing the import', { timeout: DEADLINE }, () => {
    expect(typeErrors('test/types/socket-io-code.ts', { 'socket.io': 'lib/index.ts' })).toEqual([]);
  });
});

describe('types', () => {
  it('are the same as those of Socket.IO, and catch the same mistakes', { timeout: DEADLINE }, () => {
    expect(typeErrors('test/types/same-types.ts')).toEqual([]);
  });

  it('fail to compile if they differ', { timeout: DEADLINE }, () => {
    const complaints = typeErrors('test/types/same-types.ts', {
      'socket.io': 'node_modules/socket.io-client/build/esm/index.d.ts',
    });
    expect(complaints.length).toBeGreaterThan(10);
  });
});
