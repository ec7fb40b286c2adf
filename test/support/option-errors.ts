/** Expectations on the errors that wrong options cause. */
import { expect } from 'vitest';
import { SocketIoError } from '../../lib/errors.js';

/** Returns the exception of a call. */
export function thrown(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** Expects an `INVALID_OPTION` with this message. */
export function expectInvalid(call: () => unknown, message: string): void {
  const error = thrown(call);
  expect(error).toBeInstanceOf(SocketIoError);
  expect(error).toMatchObject({ code: 'INVALID_OPTION', message });
}
