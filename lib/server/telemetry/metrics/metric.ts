/** Metrics as plain data: the same for every system that they are exported to. */

/** @publicApi */
export type MetricKind = MetricDescription['kind'];

/** @publicApi */
export interface MetricDescription {
  /** In the notation of OpenTelemetry, as `socketio.server.connections`. */
  readonly name: string;
  /**
   * - `counter`: a number that only grows while the server runs
   * - `gauge`: a number that grows and falls
   * - `histogram`: the distribution of values
   */
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** A unit of UCUM: `s`, `By` for bytes, `1`, or the thing that is counted in braces, as `{connection}`. */
  readonly unit: string;
  readonly description: string;
  /**
   * The names of the labels that its samples have. If an application has several servers, each sample also has `server`.
   */
  readonly labels: readonly string[];
}

/** @publicApi */
export type Labels = Readonly<Record<string, string>>;

/**
 * The value of a counter or gauge for one combination of labels.
 * @publicApi
 */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/**
 * A distribution for one combination of labels.
 * @publicApi
 */
export interface HistogramSample {
  readonly labels: Labels;
  /** The number of values. */
  readonly count: number;
  readonly sum: number;
  /** How many values each bucket has: one more than there are bounds. */
  readonly counts: readonly number[];
}

/** @publicApi */
export interface NumberMetric extends MetricDescription {
  readonly kind: 'counter' | 'gauge';
  readonly samples: readonly Sample[];
}

/** @publicApi */
export interface HistogramMetric extends MetricDescription {
  readonly kind: 'histogram';
  /** The upper bounds of the buckets, ascending. A bound belongs to its bucket. */
  readonly bounds: readonly number[];
  readonly samples: readonly HistogramSample[];
}

/**
 * A metric with its values. Without anything to measure, such as a broker, it has no samples.
 * @publicApi
 */
export type Metric = NumberMetric | HistogramMetric;
