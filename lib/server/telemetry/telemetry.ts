/** Everything that watches one server: the instruments that other parts add, and those of the option `telemetry`. */
import { Journal } from '../explain/journal.js';
import type { Instrument, Tracer } from './instrument.js';
import { Instruments } from './instruments.js';
import type { ResolvedTelemetryOptions } from './telemetry-options.js';
import { createTracer } from './tracing/create-tracer.js';

export class Telemetry {
  /** `null` while nothing watches the server, so that nothing is paid for it. */
  instruments: Instruments | null = null;
  /** Set if the option `telemetry.journal` is, once the server serves. */
  journal: Journal | null = null;
  readonly #watching = new Set<Instrument>();
  #tracer: Tracer | null = null;
  #isStarted = false;

  /**
   * Adds an instrument, which is notified of what happens from now on.
   * @returns removes it
   */
  watch(instrument: Instrument): () => void {
    this.#watching.add(instrument);
    this.#renew();
    return () => {
      this.#watching.delete(instrument);
      this.#renew();
    };
  }

  /**
   * Starts what the options ask for, once. Called when the server starts to serve, or joins its cluster.
   * @throws SocketIoError `INVALID_OPTION` if spans cannot be recorded
   */
  start(options: ResolvedTelemetryOptions): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#tracer = createTracer(options);
    if (options.journal !== null) {
      this.journal = new Journal(options.journal.size);
      this.#watching.add(this.journal);
    }
    this.#renew();
  }

  #renew(): void {
    this.instruments = Instruments.of([...this.#watching], this.#tracer, () => performance.now());
  }
}
