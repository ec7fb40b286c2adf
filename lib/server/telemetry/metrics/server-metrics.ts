/**
 * The metrics of a server. Nothing is counted per event until there is a reader: the first call of {@link collect}, a
 * meter provider of OpenTelemetry, or the option `telemetry.metrics`.
 */
import { eventLoopDelay, openTelemetry } from '../../../engine/internal.js';
import { EventMetrics } from './event-metrics.js';
import type { Labels, Metric } from './metric.js';
import type { MetricSource } from './metric-source.js';
import { type HistogramName, HISTOGRAMS, NUMBERS } from './metric-table.js';
import { OpenTelemetryMetrics } from './open-telemetry-metrics.js';
import { readServer } from './server-readings.js';

/** @publicApi */
export class ServerMetrics {
  readonly #source: MetricSource;
  readonly #events = new EventMetrics();
  #isWatching = false;
  #stopMeasuring: (() => void) | null = null;
  #telemetry: OpenTelemetryMetrics | null = null;
  #isClosed = false;

  /** @internal Metrics are created by the server. */
  constructor(source: MetricSource) {
    this.#source = source;
  }

  // --- Public methods ---

  /**
   * Returns all metrics with their values, as plain data. The first call starts what is counted per event, unless the
   * option `telemetry.metrics` is `false`: these metrics then have no samples.
   */
  collect(): Metric[] {
    this.start();
    const readings = {
      ...readServer(this.#source, this.#stopMeasuring === null ? null : eventLoopDelay),
      ...this.#events.read(),
    };
    const numbers = NUMBERS.map((metric) =>
      Object.assign({ samples: this.#withServer(readings[metric.name]) }, metric),
    );
    const histograms = HISTOGRAMS.map((metric) =>
      Object.assign({ samples: this.#withServer(readings[metric.name]) }, metric),
    );
    return [...numbers, ...histograms];
  }

  /** @internal Counts per event from now on, and measures the delay of the event loop. */
  start(): void {
    if (this.#isClosed) return;
    this.#stopMeasuring ??= eventLoopDelay.use();
    if (this.#isWatching || this.#source.options.telemetry.metrics === false) return;
    this.#isWatching = true;
    this.#source.telemetry.watch(this.#events);
  }

  // --- Inside ---

  /** @internal Called when the server starts to serve. */
  open(): void {
    this.#isClosed = false;
    if (this.#source.options.telemetry.metrics === true) this.start();
    if (this.#telemetry === null) this.#openTelemetry();
  }

  /** @internal Called when the server is closed. */
  close(): void {
    this.#isClosed = true;
    this.#stopMeasuring?.();
    this.#stopMeasuring = null;
    this.#telemetry?.close();
    this.#telemetry = null;
    this.#record(null);
  }

  #openTelemetry(): void {
    const api = openTelemetry();
    this.#telemetry = api === null ? null : OpenTelemetryMetrics.of(api, () => this.collect());
    if (this.#telemetry === null) return;
    this.#record(this.#telemetry);
    this.start();
  }

  /** Passes each value of a histogram on: OpenTelemetry does not read distributions. */
  #record(telemetry: OpenTelemetryMetrics | null): void {
    const { serving, broker } = this.#source;
    const recorder = (name: HistogramName): ((value: number, labels?: Labels) => void) | null => {
      if (telemetry === null) return null;
      return (value, labels) => {
        const { label } = this.#source;
        telemetry.record(name, value, label === null ? labels : { ...labels, server: label });
      };
    };
    this.#events.onHandled = recorder('socketio.server.handler.duration');
    broker.onTaken = recorder('socketio.broker.latency');
    const record = recorder('socketio.server.connection.duration');
    if (serving === null) return;
    serving.engine.traffic.onClosed = record === null ? null : (reason, duration) => record(duration, { reason });
  }

  #withServer<S extends { readonly labels: Labels }>(samples: readonly S[]): readonly S[] {
    const { label } = this.#source;
    if (label === null) return samples;
    return samples.map((sample) => Object.assign({}, sample, { labels: { ...sample.labels, server: label } }));
  }
}
