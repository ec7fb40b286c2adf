import type { SpanContext } from '@opentelemetry/api';
import { randomBytes } from 'node:crypto';

/** The context of a span that is not sampled. Its ids are made if something reads them, which is rare. */
export class UnsampledSpan implements SpanContext {
  readonly traceFlags = 0;
  #traceId: string | null = null;
  #spanId: string | null = null;

  get traceId(): string {
    return (this.#traceId ??= randomId(16));
  }

  get spanId(): string {
    return (this.#spanId ??= randomId(8));
  }
}

function randomId(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
