/**
 * The metrics of a server as instruments of OpenTelemetry. Counters and gauges are read when the application's reader
 * collects; the values of histograms are recorded as they occur, since no observable instrument holds distributions.
 */
import type { BatchObservableCallback, Histogram, Meter, MetricOptions, Observable } from '@opentelemetry/api';
import type { OpenTelemetry } from '../../../engine/internal.js';
import type { Labels, Metric } from './metric.js';
import { type HistogramName, HISTOGRAMS, NUMBERS } from './metric-table.js';

const METER = 'nest-socketio';

export class OpenTelemetryMetrics {
  readonly #meter: Meter;
  readonly #read: BatchObservableCallback;
  readonly #observables = new Map<string, Observable>();
  readonly #histograms = new Map<HistogramName, Histogram>();

  private constructor(meter: Meter, collect: () => readonly Metric[]) {
    this.#meter = meter;
    for (const { name, kind, unit, description } of NUMBERS) {
      const options: MetricOptions = { unit, description };
      this.#observables.set(
        name,
        kind === 'counter' ? meter.createObservableCounter(name, options) : meter.createObservableGauge(name, options),
      );
    }
    for (const { name, unit, description, bounds } of HISTOGRAMS) {
      const advice = { explicitBucketBoundaries: [...bounds] };
      this.#histograms.set(name, meter.createHistogram(name, { unit, description, advice }));
    }
    this.#read = (result) => {
      for (const metric of collect()) {
        const observable = this.#observables.get(metric.name);
        if (metric.kind === 'histogram' || observable === undefined) continue;
        for (const { value, labels } of metric.samples) result.observe(observable, value, labels);
      }
    };
    meter.addBatchObservableCallback(this.#read, [...this.#observables.values()]);
  }

  /**
   * @internal
   * @returns `null` if the application has registered no meter provider
   */
  static of(
    { metrics, createNoopMeter }: OpenTelemetry,
    collect: () => readonly Metric[],
  ): OpenTelemetryMetrics | null {
    const meter = metrics.getMeter(METER);
    return meter === createNoopMeter() ? null : new OpenTelemetryMetrics(meter, collect);
  }

  record(name: HistogramName, value: number, labels?: Labels): void {
    this.#histograms.get(name)?.record(value, labels);
  }

  /** Removes the instruments that are read. */
  close(): void {
    this.#meter.removeBatchObservableCallback(this.#read, [...this.#observables.values()]);
  }
}
