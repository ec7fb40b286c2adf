/**
 * Records spans through the API of OpenTelemetry: one per event, emit, connect, disconnect, and delivery of a broadcast
 * of another server. Code of the application runs in the context of its span, so that its own spans, and those of
 * database clients, are children of it.
 *
 * A span of an event or client starts a trace: the context in which a packet arrives may be that of any other event.
 */
import { inspect } from 'node:util';
import type { Context, Span, SpanContext, Tracer as SpanFactory } from '@opentelemetry/api';
import type { OpenTelemetry } from '../../../engine/internal.js';
import type { Handshake } from '../../handshake.js';
import type { DisconnectReason } from '../../socket/socket-state.js';
import type { Emission } from '../emission.js';
import { runHandler } from '../handler-run.js';
import type { ConnectRefusal, HandledEvent, Tracer } from '../instrument.js';
import type { WatchedSocket } from '../watched-socket.js';
import { contextOf } from './client-context.js';
import { type ContextServices, findSpanKey, UnsampledContext } from './unsampled-context.js';
import { decodeTraceContext, encodeTraceContext, parseTraceparent } from './context-codec.js';
import {
  attributesOfClient,
  attributesOfDelivery,
  attributesOfEmit,
  attributesOfEvent,
  detailsOfEmit,
  detailsOfEvent,
} from './span-attributes.js';
import type { TraceContext } from './trace-context.js';

/** The name under which spans are recorded. */
const SCOPE = 'nest-socketio';

export class SpanTracer implements Tracer {
  readonly #api: OpenTelemetry;
  readonly #services: ContextServices;
  readonly #spans: SpanFactory;
  readonly #clientContext: boolean;
  readonly #ratio: number;
  /** The key of the context of the event that is being handled. */
  readonly #cause: symbol;
  /** Spans of a CONNECT that are recorded and have not ended. Others need no end. */
  readonly #connecting = new WeakMap<WatchedSocket, Span>();

  /**
   * @param clientContext whether clients may continue a trace
   * @param ratio the part of the traces to start, from 0 to 1
   */
  constructor(api: OpenTelemetry, clientContext: boolean, ratio: number) {
    this.#api = api;
    this.#services = { api, spanKey: findSpanKey(api) };
    this.#ratio = ratio;
    this.#spans = api.trace.getTracer(SCOPE);
    this.#clientContext = clientContext;
    this.#cause = api.createContextKey(`${SCOPE} event`);
  }

  // --- Events of clients ---

  handle<T>(event: HandledEvent, run: () => T): T {
    const { context, ROOT_CONTEXT, SpanKind, trace } = this.#api;
    const { socket, packet } = event;
    const parent = this.#parent(contextOf(packet));
    if (parent === ROOT_CONTEXT && this.#isSkipped()) return context.with(this.#unsampled(), run);
    const options = { kind: SpanKind.CONSUMER, attributes: attributesOfEvent(event) };
    const span = this.#spans.startSpan(`receive ${socket.nsp.name}`, options, parent);
    const inside = trace.setSpan(parent, span);
    if (!span.isRecording()) return context.with(inside, run);
    span.setAttributes(detailsOfEvent(event));
    const marked = inside.setValue(this.#cause, span.spanContext());
    return runHandler(
      () => context.with(marked, run),
      (result, error) => {
        span.setAttribute('socketio.outcome', result);
        if (result === 'failed') this.#fail(span, error);
        span.end();
      },
    );
  }

  // --- Events to clients ---

  emit(emission: Emission, run: () => void): void {
    const { context, SpanKind, trace } = this.#api;
    const active = context.active();
    if (active instanceof UnsampledContext) return run();
    const parent = trace.getSpan(active);
    if (parent !== undefined && this.#isLeftOut(parent)) return run();
    if (parent === undefined && this.#isSkipped()) return run();
    const options = {
      kind: SpanKind.PRODUCER,
      attributes: attributesOfEmit(emission),
      links: this.#links(active, parent),
    };
    const span = this.#spans.startSpan(`send ${emission.namespace}`, options, active);
    this.#within(span, active, emission, run);
  }

  bind<F extends (...args: never[]) => unknown>(callback: F): F {
    const { context, ROOT_CONTEXT } = this.#api;
    const active = context.active();
    if (active === ROOT_CONTEXT) return callback;
    const bound = (...args: never[]): unknown => context.with(active, () => callback(...args));
    return bound as F;
  }

  // --- Clients ---

  connect(socket: WatchedSocket, run: () => void): void {
    const { context, ROOT_CONTEXT, SpanKind, trace } = this.#api;
    const parent = this.#parent(this.#clientContext ? contextOfHandshake(socket.handshake) : undefined);
    if (parent === ROOT_CONTEXT && this.#isSkipped()) return context.with(this.#unsampled(), run);
    const options = { kind: SpanKind.CONSUMER, attributes: attributesOfClient(socket, 'connect') };
    const span = this.#spans.startSpan(`connect ${socket.nsp.name}`, options, parent);
    if (span.isRecording()) this.#connecting.set(socket, span);
    context.with(trace.setSpan(parent, span), run);
  }

  clientConnected(socket: WatchedSocket): void {
    const span = this.#endOfConnect(socket);
    span?.setAttributes({ 'socketio.client.id': socket.id, 'socketio.recovered': socket.recovered }).end();
  }

  clientRefused(_namespace: string, reason: ConnectRefusal, socket: WatchedSocket | null, error?: unknown): void {
    const span = socket === null ? undefined : this.#endOfConnect(socket);
    if (span === undefined) return;
    span.setAttribute('socketio.refused', reason);
    if (reason === 'failed' || reason === 'timeout') this.#fail(span, error);
    span.end();
  }

  disconnect(socket: WatchedSocket, reason: DisconnectReason, run: (ended: () => void) => void): void {
    const { context, ROOT_CONTEXT, SpanKind, trace } = this.#api;
    if (this.#isSkipped()) return context.with(this.#unsampled(), () => run(() => {}));
    const active = context.active();
    const attributes = { ...attributesOfClient(socket, 'disconnect'), 'socketio.disconnect.reason': reason };
    const options = { kind: SpanKind.CONSUMER, attributes, links: this.#running(active) };
    const span = this.#spans.startSpan(`disconnect ${socket.nsp.name}`, options, ROOT_CONTEXT);
    context.with(trace.setSpan(ROOT_CONTEXT, span), () => run(() => span.end()));
  }

  clientDisconnected(socket: WatchedSocket): void {
    this.#endOfConnect(socket)?.setAttribute('socketio.refused', 'left').end(); // it left before it was accepted
  }

  // --- Other servers ---

  carry(): Uint8Array | null {
    const { context, trace, TraceFlags } = this.#api;
    const present = trace.getSpanContext(context.active());
    const isSampled = present !== undefined && (present.traceFlags & TraceFlags.SAMPLED) !== 0;
    return isSampled ? encodeTraceContext(present) : null;
  }

  deliver(carried: Uint8Array, emission: Emission, run: () => void): boolean {
    const ids = decodeTraceContext(carried);
    if (ids === null) {
      run();
      return false;
    }
    const { SpanKind } = this.#api;
    const parent = this.#remote(ids);
    const options = { kind: SpanKind.CONSUMER, attributes: attributesOfDelivery(emission.namespace) };
    const span = this.#spans.startSpan(`deliver ${emission.namespace}`, options, parent);
    this.#within(span, parent, emission, run);
    return true;
  }

  // --- Inside ---

  /** Runs an emit or a delivery. */
  #within(span: Span, parent: Context, emission: Emission, run: () => void): void {
    const { context, trace } = this.#api;
    try {
      context.with(trace.setSpan(parent, span), run);
    } catch (error) {
      this.#fail(span, error);
      throw error;
    } finally {
      if (span.isRecording()) span.setAttributes(detailsOfEmit(emission)).end();
    }
  }

  /** The context of the span of a client, or the root. */
  #parent(given: TraceContext | undefined): Context {
    const ids = this.#clientContext && given !== undefined ? parseTraceparent(given.traceparent) : null;
    if (ids === null) return this.#api.ROOT_CONTEXT;
    const state = given?.tracestate;
    return this.#remote(typeof state === 'string' ? { ...ids, traceState: this.#api.createTraceState(state) } : ids);
  }

  /** Whether to start no trace. Decided here, since a sampler of OpenTelemetry decides on a span that exists. */
  #isSkipped(): boolean {
    return this.#ratio < 1 && Math.random() >= this.#ratio;
  }

  #unsampled(): Context {
    return new UnsampledContext(this.#services);
  }

  #remote(spanContext: SpanContext): Context {
    const { ROOT_CONTEXT, trace } = this.#api;
    return trace.setSpanContext(ROOT_CONTEXT, { ...spanContext, isRemote: true });
  }

  /** Whether a span of this process was not sampled. Then no part of its trace is recorded, so none need be started. */
  #isLeftOut(span: Span): boolean {
    const { traceFlags, isRemote } = span.spanContext();
    return (traceFlags & this.#api.TraceFlags.SAMPLED) === 0 && isRemote !== true && !span.isRecording();
  }

  /** A link to the event that is being handled, unless its span is the parent already. */
  #links(active: Context, parent: Span | undefined): { context: SpanContext }[] {
    const cause = active.getValue(this.#cause) as SpanContext | undefined;
    return cause === undefined || cause.spanId === parent?.spanContext().spanId ? [] : [{ context: cause }];
  }

  /** A link to the active span if it has not ended: one that has may be that of another event. */
  #running(active: Context): { context: SpanContext }[] {
    const span = this.#api.trace.getSpan(active);
    return span?.isRecording() === true ? [{ context: span.spanContext() }] : [];
  }

  #endOfConnect(socket: WatchedSocket): Span | undefined {
    const span = this.#connecting.get(socket);
    this.#connecting.delete(socket);
    return span;
  }

  #fail(span: Span, error: unknown): void {
    const code = this.#api.SpanStatusCode.ERROR;
    if (error === undefined) return void span.setStatus({ code });
    try {
      const exception = error instanceof Error ? error : inspect(error);
      span.recordException(exception);
      span.setStatus({ code, message: exception instanceof Error ? exception.message : exception });
    } catch {
      span.setStatus({ code, message: 'an error that cannot be read' });
    }
  }
}

function contextOfHandshake({ auth, headers }: Handshake): TraceContext {
  return Object.hasOwn(auth, 'traceparent') ? auth : (headers as TraceContext);
}
