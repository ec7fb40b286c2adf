/** Registers a tracer provider that keeps its spans in memory, and shows them as tests compare them. */
import {
  type Context,
  context,
  type ContextManager,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  type Span,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { AsyncLocalStorage } from 'node:async_hooks';
import { onCleanUp } from './engine-clean-up.js';

class AsyncContext implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();

  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT;
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    given: Context,
    call: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.#storage.run(given, () => call.apply(self as ThisParameterType<F>, args));
  }

  bind<T>(given: Context, target: T): T {
    return ((...args: unknown[]) => this.with(given, () => (target as (...all: unknown[]) => unknown)(...args))) as T;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    this.#storage.disable();
    return this;
  }
}

export class RecordedSpans extends SimpleSpanProcessor {
  readonly #exporter: InMemorySpanExporter;
  /** The spans that have started, by id, in order: many start within one ms. */
  readonly #started = new Map<string, number>();

  constructor(exporter = new InMemorySpanExporter()) {
    super(exporter);
    this.#exporter = exporter;
  }

  override onStart(span: Span, parent: Context): void {
    super.onStart(span, parent);
    this.#started.set(span.spanContext().spanId, this.#started.size);
  }

  /** The spans that have ended, in the order of their starts. */
  get all(): ReadableSpan[] {
    const place = (span: ReadableSpan): number => this.#started.get(span.spanContext().spanId) ?? 0;
    return this.#exporter.getFinishedSpans().toSorted((a, b) => place(a) - place(b));
  }

  /** The spans of a name. */
  named(name: string): ReadableSpan[] {
    return this.all.filter((span) => span.name === name);
  }

  /** The only span of a name. */
  one(name: string): ReadableSpan {
    const [span, ...more] = this.named(name);
    if (span !== undefined && more.length === 0) return span;
    throw new Error(`expected one span "${name}", got ${this.all.map((one) => one.name).join(', ')}`);
  }

  /** The traces as indented lists of the names of their spans, each child below its parent. */
  get trees(): string[] {
    const { all } = this;
    const ids = new Set(all.map((span) => span.spanContext().spanId));
    const tree = (span: ReadableSpan, depth: number): string => {
      const below = all.filter(({ parentSpanContext }) => parentSpanContext?.spanId === span.spanContext().spanId);
      return ['  '.repeat(depth) + span.name, ...below.map((child) => tree(child, depth + 1))].join('\n');
    };
    const roots = all.filter(({ parentSpanContext }) => !ids.has(parentSpanContext?.spanId ?? ''));
    return roots.map((root) => tree(root, 0));
  }

  clear(): void {
    this.#exporter.reset();
  }
}

/** Records all spans until the end of the test. Servers that are started afterwards use it. */
export function recordSpans(sampler?: Sampler): RecordedSpans {
  const spans = new RecordedSpans();
  const provider = new BasicTracerProvider({
    spanProcessors: [spans],
    ...(sampler !== undefined && { sampler }),
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncContext());
  onCleanUp(() => {
    trace.disable();
    context.disable();
  });
  return spans;
}

/** The kind, status, attributes and exceptions of a span. */
export function shown({ kind, status, attributes, events }: ReadableSpan) {
  const exceptions = events.map((event) => event.attributes?.['exception.message']);
  return {
    kind: SpanKind[kind],
    attributes,
    ...(status.code !== SpanStatusCode.UNSET && { status: SpanStatusCode[status.code] }),
    ...(exceptions.length > 0 && { exceptions }),
  };
}
