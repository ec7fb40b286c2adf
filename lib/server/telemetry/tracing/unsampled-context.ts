/**
 * The context of an event that is not sampled. It has nothing but a span of which nothing is recorded, so that samplers
 * leave out the spans of database clients as well. Every such event has one, so it is small: a context of
 * OpenTelemetry's own has a Map, and a function for each of its methods.
 */
import type { Context, Span } from '@opentelemetry/api';
import type { OpenTelemetry } from '../../../engine/internal.js';
import { UnsampledSpan } from './unsampled-span.js';

/** Shared by the contexts of a tracer. */
export interface ContextServices {
  readonly api: OpenTelemetry;
  /** The key under which a context has its span. */
  readonly spanKey: symbol;
}

export class UnsampledContext implements Context {
  readonly #services: ContextServices;
  /** Made when it is read, which most applications never do. */
  #span: Span | null = null;

  constructor(services: ContextServices) {
    this.#services = services;
  }

  getValue(key: symbol): unknown {
    if (key !== this.#services.spanKey) return undefined;
    return (this.#span ??= this.#services.api.trace.wrapSpanContext(new UnsampledSpan()));
  }

  setValue(key: symbol, value: unknown): Context {
    return this.#whole.setValue(key, value);
  }

  deleteValue(key: symbol): Context {
    return this.#whole.deleteValue(key);
  }

  get #whole(): Context {
    const { api, spanKey } = this.#services;
    return api.ROOT_CONTEXT.setValue(spanKey, this.getValue(spanKey));
  }
}

/** Finds the key under which OpenTelemetry sets a span: it is not exported. */
export function findSpanKey({ trace, ROOT_CONTEXT }: OpenTelemetry): symbol {
  let found: symbol | undefined;
  const probe: Context = {
    getValue: () => undefined,
    setValue: (key) => {
      found = key;
      return probe;
    },
    deleteValue: () => ROOT_CONTEXT,
  };
  trace.setSpan(probe, trace.wrapSpanContext(new UnsampledSpan()));
  return found as symbol;
}
