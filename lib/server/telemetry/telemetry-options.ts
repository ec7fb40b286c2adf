/** The option `telemetry`: what is recorded of the work of a server. */
import { checkPositive, invalidOption, refuseUnknownOptions, withoutUndefined } from '../../options.js';

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
   * server starts.
   */
  traces?: boolean;
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
  size: 10_000, // about 2 MB
} as const;

export interface ResolvedTelemetryOptions {
  /** `null` to start with the first reader. */
  readonly metrics: boolean | null;
  /** `null` to start if a tracer provider is registered. */
  readonly traces: boolean | null;
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
  for (const [name, value] of Object.entries({ metrics, traces, clientContext })) {
    if (value !== null && typeof value !== 'boolean') invalidOption(`telemetry.${name}`, value, 'be true or false');
  }
  return { metrics, traces, clientContext, journal: resolveJournalOptions(journal) };
}

function resolveJournalOptions(journal: boolean | JournalOptions): Required<JournalOptions> | null {
  if (journal === false) return null;
  if (journal !== true && (typeof journal !== 'object' || journal === null)) {
    invalidOption('telemetry.journal', journal, 'be true, false or an object');
  }
  const given = journal === true ? {} : journal;
  refuseUnknownOptions(given, Object.keys(JOURNAL_DEFAULTS), 'telemetry.journal');
  const resolved = { ...JOURNAL_DEFAULTS, ...withoutUndefined(given) };
  checkPositive(resolved, 'size');
  return resolved;
}
