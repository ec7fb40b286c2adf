/** What filters make of an error: the answer of the one that takes it, or the error as it was. */
import type { ArgumentsHost } from '@nestjs/common';
import { type Call, CALL_INDEX } from '../call.js';
import { settled } from '../events/settled.js';
import type { FilterRunner } from './enhancer-finder.js';

/** What a filter answered, as opposed to what a handler returned. */
export class Filtered {
  constructor(readonly value: unknown) {}
}

/** Rejects with the error where no filter answers, or with what a filter throws in its place. */
export async function applyFilters(filters: FilterRunner, exception: unknown, host: ArgumentsHost): Promise<Filtered> {
  const call = host.getArgByIndex<Call>(CALL_INDEX);
  const watch = (event: string): void => {
    call.told ||= event === 'exception';
  };
  let answer: unknown;
  try {
    call.client.onAnyOutgoing(watch);
    answer = await settled(filters.invokeCustomFilters(exception, host));
  } finally {
    call.client.offAnyOutgoing(watch);
  }
  if (answer === undefined) throw exception;
  return new Filtered(answer);
}
