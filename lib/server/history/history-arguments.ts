/** Checks the arguments of `join()` and `read()`. Applications may pass on what a client has sent. */
import { SocketIoError } from '../../errors.js';
import { describeValue, refuseUnknownOptions } from '../../options.js';
import type { ReadOptions, RewindOptions } from './past-event.js';

/** @throws SocketIoError `INVALID_ARGUMENT`, `UNKNOWN_OPTION` */
export function checkRewindOptions(options: RewindOptions): void {
  checkOptions('join()', options, ['rewind', 'since'], '{ rewind: 20 }');
  checkCount('rewind', options.rewind);
  checkSince(options.since);
}

/** @throws SocketIoError `INVALID_ARGUMENT`, `UNKNOWN_OPTION` */
export function checkReadOptions(options: ReadOptions): void {
  checkOptions('read()', options, ['limit', 'before'], '{ limit: 20 }');
  checkCount('limit', options.limit);
}

function checkOptions(call: string, options: unknown, names: readonly string[], example: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new SocketIoError(
      'INVALID_ARGUMENT',
      `the options of ${call} must be an object, got ${describeValue(options)}: write ${example}`,
    );
  }
  refuseUnknownOptions(options, names, call);
}

function checkCount(name: string, count: unknown): void {
  if (count === undefined || (Number.isInteger(count) && (count as number) > 0)) return;
  throw new SocketIoError('INVALID_ARGUMENT', `"${name}" must be a positive integer, got ${describeValue(count)}`);
}

function checkSince(since: unknown): void {
  if (since === undefined || typeof since === 'string') return;
  if ((typeof since === 'number' || since instanceof Date) && Number.isFinite(Number(since))) return;
  throw new SocketIoError(
    'INVALID_ARGUMENT',
    `"since" must be a Date, ms since 1970 or the id of an event, got ${describeValue(since)}`,
  );
}
