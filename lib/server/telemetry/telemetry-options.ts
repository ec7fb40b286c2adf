/** The option `telemetry`: what is recorded of the work of a server. */
import { checkPositive, invalidOption, refuseUnknownOptions, withDefaults, withoutUndefined } from '../../options.js';

/** @publicApi */
export interface JournalOptions {
  /** The number of entries to keep: emits, connects, disconnects, joins, leaves and drops. @default 10000 */
  size?: number;
}

/**
 * Everything that is recorded has a reader: without one, nothing is recorded, and nothing is paid.
 * @publicApi
 */
export interface TelemetryOptions {
  /**
   * Whether to count and time events per name. Without a value, this starts with its first reader: the module of
   * `nest-socketio/prometheus`, a meter provider of OpenTelemetry that is registered when the server starts, the admin
   * page, or a read of `server.metrics`. `false` leaves out what is counted per event, for all readers.
   */
  metrics?: boolean;
  /**
   * Whether to record spans through `@opentelemetry/api`. Without a value: if a tracer provider is registered when the
   * server starts. A number from 0 to 1 is the part of the traces to start here: `0.01` for 1 %. That costs less than a
   * sampler of OpenTelemetry, which first gets a span for each event.
   */
  traces?: boolean | number;
  /**
   * Whether clients may continue a trace: by `traceparent` in the `auth` of their CONNECT, and in an object that is the
   * last argument of an event and has no other keys than `traceparent`, `tracestate` and `baggage`. It is removed before
   * the handler runs. A client can then decide that its events are sampled. @default false
   */
  clientContext?: boolean;
  /**
   * Keeps a journal of recent deliveries in memory, for `server.explain(...)` and the admin page. `true` is the same as
   * `{}`. @default false
   */
  journal?: boolean | JournalOptions;
}

export const JOURNAL_DEFAULTS = {
  size: 10_000, // 2 to 4 MB
} as const;

export interface ResolvedTelemetryOptions {
  /** `null` to start with the first reader. */
  readonly metrics: boolean | null;
  /** The part of the traces to start, from 0 to 1; `null` for all if a tracer provider is registered. */
  readonly traces: number | null;
  readonly clientContext: boolean;
  readonly journal: Required<JournalOptions> | null;
}

/** @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION` */
export function resolveTelemetryOptions(options: TelemetryOptions = {}): ResolvedTelemetryOptions {
  if (typeof options !== 'object' || options === null) {
    invalidOption('telemetry', options, 'be an object', 'write telemetry: { metrics: true }');
  }
  refuseUnknownOptions(options, ['metrics', 'traces', 'clientContext', 'journal'], 'telemetry');
  const { metrics = null, traces = null, clientContext = false, journal = false } = withoutUndefined(options);
  if (traces !== null && typeof traces !== 'boolean' && !(typeof traces === 'number' && traces >= 0 && traces <= 1)) {
    invalidOption('telemetry.traces', traces, 'be true, false or a number from 0 to 1');
  }
  for (const [name, value] of Object.entries({ metrics, clientContext })) {
    if (value !== null && typeof value !== 'boolean') invalidOption(`telemetry.${name}`, value, 'be true or false');
  }
  return {
    metrics,
    traces: traces === null ? null : Number(traces),
    clientContext,
    journal: resolveJournalOptions(journal),
  };
}

function resolveJournalOptions(journal: boolean | JournalOptions): Required<JournalOptions> | null {
  if (journal === false) return null;
  if (journal !== true && (typeof journal !== 'object' || journal === null)) {
    invalidOption('telemetry.journal', journal, 'be true, false or an object');
  }
  const given = journal === true ? {} : journal;
  refuseUnknownOptions(given, Object.keys(JOURNAL_DEFAULTS), 'telemetry.journal');
  const resolved = withDefaults<JournalOptions>(given, JOURNAL_DEFAULTS);
  checkPositive(resolved, 'size');
  return resolved;
}
