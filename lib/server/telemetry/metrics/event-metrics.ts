/**
 * The metrics that are counted per event. They pass the hot path, so a notice costs at most one Map look-up and some
 * additions: the series of the event is kept from one notice to the next, and a broadcast looks it up once for all its
 * receivers.
 *
 * Clients cannot add series. An event counts under the name that its handler declares, and a namespace that clients
 * choose counts under its pattern. An application may make up names as well, so their number is bounded.
 */
import { Histogram } from '../../../engine/internal.js';
import type { EventPacket } from '../../../protocol/internal.js';
import type { DisconnectReason } from '../../socket/socket-state.js';
import type { Emission } from '../emission.js';
import { eventNameOf } from '../event-name.js';
import type { HandlerResult } from '../handler-run.js';
import type { AckOutcome, ConnectRefusal, HandledEvent, Instrument } from '../instrument.js';
import type { WatchedNamespace, WatchedSocket } from '../watched-socket.js';
import type { HistogramSample, Labels, Sample } from './metric.js';
import { HANDLER_DURATIONS } from './metric-table.js';
import { type EventReadings, sampleOf, single } from './readings.js';

/** The label of all names beyond {@link MAX_SERIES}. */
const OTHER = '(other)';

/** Namespaces, and pairs of a namespace and an event, that have series of their own. */
export const MAX_SERIES = 1_000;

/** The durations of the handlers of one event that ended alike. */
class Timing {
  readonly durations = new Histogram(HANDLER_DURATIONS);

  constructor(readonly labels: Labels) {}
}

/** The counts of one event in one namespace. */
class EventSeries {
  received = 0;
  emits = 0;
  sent = 0;
  dropped = 0;
  rateLimited = 0;
  readonly timings: { [R in HandlerResult]: Timing | null } = { ok: null, rejected: null, failed: null };

  constructor(readonly labels: Labels) {}

  timing(outcome: HandlerResult): Timing {
    return (this.timings[outcome] ??= new Timing({ ...this.labels, outcome }));
  }
}

/** The counts of one namespace. */
class NamespaceSeries {
  readonly labels: Labels;
  readonly events = new Map<string, EventSeries>();
  readonly connected = new Map<'true' | 'false', number>();
  readonly disconnected = new Map<DisconnectReason, number>();
  readonly refused = new Map<ConnectRefusal, number>();
  readonly acks = new Map<AckOutcome, number>();
  readonly recoveries = new Map<'restored' | 'too_late', number>();
  unhandled = 0;

  constructor(namespace: string) {
    this.labels = { namespace };
  }
}

export class EventMetrics implements Instrument {
  /** Called with each duration, in seconds. */
  onHandled: ((duration: number, labels: Labels) => void) | null = null;
  readonly #namespaces = new Map<string, NamespaceSeries>();
  /** Pairs of a namespace and an event. */
  #pairs = 0;
  #running = 0;
  /** The series of the latest notice: the next one is often about the same event. */
  #label = '';
  #event = '';
  #namespaceSeries: NamespaceSeries | null = null;
  #eventSeries: EventSeries | null = null;
  /** The packet that is being sent, to one receiver after the other, and its series. */
  #packet: EventPacket | null = null;
  #packetSeries: EventSeries | null = null;

  // --- Notices ---

  clientConnected({ nsp, recovered }: WatchedSocket): void {
    increase(this.#namespace(nsp).connected, recovered ? 'true' : 'false');
  }

  clientDisconnected({ nsp }: WatchedSocket, reason: DisconnectReason): void {
    increase(this.#namespace(nsp).disconnected, reason);
  }

  clientRefused(namespace: string, reason: ConnectRefusal): void {
    increase(this.#labelled(namespace).refused, reason);
  }

  sessionClaimed({ nsp }: WatchedSocket, isRestored: boolean): void {
    increase(this.#namespace(nsp).recoveries, isRestored ? 'restored' : 'too_late');
  }

  eventReceived({ nsp }: WatchedSocket, _packet: EventPacket, label: string): void {
    this.#series(nsp.label, label).received++;
  }

  eventUnhandled({ nsp }: WatchedSocket): void {
    this.#namespace(nsp).unhandled++;
  }

  eventRateLimited({ nsp }: WatchedSocket, label: string): void {
    this.#series(nsp.label, label).rateLimited++;
  }

  handlerStarted(): void {
    this.#running++;
  }

  eventHandled({ socket, label }: HandledEvent, result: HandlerResult, _error: unknown, duration: number): void {
    this.#running--;
    const { durations, labels } = this.#series(socket.nsp.label, label).timing(result);
    durations.add(duration / 1_000);
    if (this.onHandled !== null) this.onHandled(duration / 1_000, labels);
  }

  emitted({ label, event }: Emission): void {
    this.#packet = null; // its data may be large
    this.#series(label, event).emits++;
  }

  eventSent({ nsp }: WatchedSocket, packet: EventPacket, _bytes: number, isDropped: boolean): void {
    if (packet !== this.#packet || this.#packetSeries === null) {
      this.#packet = packet;
      this.#packetSeries = this.#series(nsp.label, eventNameOf(packet));
    }
    if (isDropped) this.#packetSeries.dropped++;
    else this.#packetSeries.sent++;
  }

  ackSettled({ nsp }: WatchedSocket, outcome: AckOutcome): void {
    increase(this.#namespace(nsp).acks, outcome);
  }

  // --- Reading ---

  read(): EventReadings {
    const all = [...this.#namespaces.values()];
    const events = all.flatMap((namespace) => [...namespace.events.values()]);
    return {
      'socketio.server.clients.connected': samplesOf(all, 'recovered', ({ connected }) => connected),
      'socketio.server.clients.disconnected': samplesOf(all, 'reason', ({ disconnected }) => disconnected),
      'socketio.server.clients.refused': samplesOf(all, 'reason', ({ refused }) => refused),
      'socketio.server.events.received': countsOf(events, ({ received }) => received),
      'socketio.server.events.unhandled': countsOf(all, ({ unhandled }) => unhandled),
      'socketio.server.emits': countsOf(events, ({ emits }) => emits),
      'socketio.server.events.sent': countsOf(events, ({ sent }) => sent),
      'socketio.server.events.dropped': countsOf(events, ({ dropped }) => dropped),
      'socketio.server.handler.duration': events.flatMap(timingsOf),
      'socketio.server.handlers.running': single(this.#running),
      'socketio.server.acks': samplesOf(all, 'outcome', ({ acks }) => acks),
      'socketio.server.rate_limited': countsOf(events, ({ rateLimited }) => rateLimited),
      'socketio.server.recoveries': samplesOf(all, 'outcome', ({ recoveries }) => recoveries),
    };
  }

  // --- Inside ---

  #namespace({ label }: WatchedNamespace): NamespaceSeries {
    return this.#labelled(label);
  }

  #labelled(label: string): NamespaceSeries {
    if (this.#namespaceSeries !== null && label === this.#label) return this.#namespaceSeries;
    const known = this.#namespaces.get(label);
    const name = known === undefined && this.#namespaces.size >= MAX_SERIES ? OTHER : label;
    const series = known ?? this.#namespaces.get(name) ?? new NamespaceSeries(name);
    this.#namespaces.set(name, series);
    this.#label = label;
    this.#namespaceSeries = series;
    this.#eventSeries = null;
    return series;
  }

  #series(label: string, event: string): EventSeries {
    const namespace = this.#labelled(label);
    if (this.#eventSeries !== null && event === this.#event) return this.#eventSeries;
    const series = namespace.events.get(event) ?? this.#newSeries(namespace, event);
    this.#event = event;
    this.#eventSeries = series;
    return series;
  }

  #newSeries({ labels, events }: NamespaceSeries, event: string): EventSeries {
    const name = this.#pairs < MAX_SERIES ? event : OTHER;
    let series = events.get(name);
    if (series === undefined) {
      events.set(name, (series = new EventSeries({ ...labels, event: name })));
      this.#pairs++;
    }
    return series;
  }
}

function increase<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** @returns one sample for each key, with the key as a label */
function samplesOf(
  all: readonly NamespaceSeries[],
  label: string,
  counts: (series: NamespaceSeries) => ReadonlyMap<string, number>,
): Sample[] {
  return all.flatMap((series) =>
    Array.from(counts(series), ([key, value]) => ({ labels: { ...series.labels, [label]: key }, value })),
  );
}

/** @returns a sample for each series that has counted anything */
function countsOf<S extends { readonly labels: Labels }>(series: readonly S[], count: (series: S) => number): Sample[] {
  return series.map((one) => ({ labels: one.labels, value: count(one) })).filter(({ value }) => value > 0);
}

function timingsOf({ timings }: EventSeries): HistogramSample[] {
  return Object.values(timings)
    .filter((timing) => timing !== null)
    .map(({ labels, durations }) => sampleOf(labels, durations));
}
