import { describe, expect, it } from 'vitest';
import { AckArgs, ackArgs, toAckArgs } from '../../../lib/nest/events/ack-args.js';

describe('ackArgs', () => {
  it('keeps several arguments apart', () => {
    expect(ackArgs('a', [1, 2], undefined)).toBeInstanceOf(AckArgs);
    expect(ackArgs('a', [1, 2], undefined).args).toEqual(['a', [1, 2], undefined]);
  });

  it('may have none', () => {
    expect(ackArgs().args).toEqual([]);
  });
});

describe('toAckArgs', () => {
  it('makes nothing of undefined', () => {
    expect(toAckArgs(undefined)).toEqual([]);
  });

  it.each([null, false, 0, '', Number.NaN, 'text', { a: 1 }])('takes %j for one argument', (result) => {
    expect(toAckArgs(result)).toEqual([result]);
  });

  it.each([[[]], [[1, 2]], [[undefined]]])('takes the array %j for one argument', (result) => {
    expect(toAckArgs(result)).toEqual([result]);
  });

  it('takes ackArgs() for as many arguments as it has', () => {
    expect(toAckArgs(ackArgs(1, [2]))).toEqual([1, [2]]);
    expect(toAckArgs(ackArgs())).toEqual([]);
  });
});
