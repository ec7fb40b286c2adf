/** Code written for `socket.io` also compiles against this package, with the same inferred types. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type CompilerError, typeErrors } from '../support/compiler.js';

const DEADLINE = 120_000; // a compiler on a busy machine

const CODE = 'test/types/socket-io-code.ts';
const SAME_TYPES = 'test/types/same-types.ts';

/** The errors in both files, and in what they import. */
let errors: readonly CompilerError[];

beforeAll(() => {
  errors = typeErrors([CODE, SAME_TYPES]);
}, DEADLINE);

describe('code written for Socket.IO', () => {
  it('compiles against socket.io', () => {
    expect(errors.filter(({ file }) => file !== SAME_TYPES)).toEqual([]);
  });

  it('compiles against this package after changing the import', { timeout: DEADLINE }, () => {
    expect(typeErrors([CODE], { 'socket.io': 'dist/index.d.ts' })).toEqual([]);
  });
});

describe('types', () => {
  it('are the same as those of Socket.IO, and catch the same mistakes', () => {
    expect(errors.filter(({ file }) => file !== CODE)).toEqual([]);
  });

  it('fail to compile if they differ', { timeout: DEADLINE }, () => {
    const complaints = typeErrors([SAME_TYPES], {
      'socket.io': 'node_modules/socket.io-client/build/esm/index.d.ts',
    });
    expect(complaints.length).toBeGreaterThan(10);
  });
});
