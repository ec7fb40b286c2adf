/** Several acknowledgement arguments; a plain array is one argument. */
export class AckArgs {
  constructor(readonly args: readonly unknown[]) {}
}

/**
 * Returned from an `@Event` handler, acknowledges with several arguments. The client's callback gets them
 * one by one; `emitWithAck` resolves to the first.
 */
export function ackArgs(...args: unknown[]): AckArgs {
  return new AckArgs(args);
}

/** The arguments with which a handler's return value is acknowledged. */
export function toAckArgs(result: unknown): readonly unknown[] {
  if (result === undefined) return [];
  return result instanceof AckArgs ? result.args : [result];
}
