/** Everything that watches one server: the instruments that other parts add, and those of the option `telemetry`. */
import { Journal } from '../explain/journal.js';
import type { Instrument, Tracer } from './instrument.js';
import { Instruments } from './instruments.js';
import type { ResolvedTelemetryOptions } from './telemetry-options.js';

export class Telemetry {
  /** `null` while nothing watches the server, so that nothing is paid for it. */
  instruments: Instruments | null = null;
  /** Set if the option `telemetry.journal` is, once the server serves. */
  journal: Journal | null = null;
  readonly #watching = new Set<Instrument>();
  #tracer: Tracer | null = null;

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

  /** Called when the server starts to serve: its options do not change any more. */
  start({ journal }: ResolvedTelemetryOptions): void {
    if (journal === null) return;
    this.journal = new Journal(journal.size);
    this.watch(this.journal);
  }

  #renew(): void {
    this.instruments = Instruments.of([...this.#watching], this.#tracer, () => performance.now());
  }
}
