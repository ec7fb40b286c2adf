/** Several acknowledgement arguments; a plain array is one argument. */
export class AckArgs<Args extends readonly unknown[] = readonly unknown[]> {
  constructor(readonly args: Args) {}
}

/**
 * Returned from an `@Event` handler, acknowledges with several arguments. The client's callback gets them
 * one by one; `emitWithAck` resolves to the first.
 */
export function ackArgs<Args extends unknown[]>(...args: Args): AckArgs<Args> {
  return new AckArgs(args);
}

/** The arguments with which a handler's return value is acknowledged. */
export function toAckArgs(result: unknown): readonly unknown[] {
  if (result === undefined) return [];
  return result instanceof AckArgs ? (result.args as readonly unknown[]) : [result];
}
