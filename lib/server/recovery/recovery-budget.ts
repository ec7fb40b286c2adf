/**
 * The memory that a server spends on connection state recovery: one budget for all its namespaces, in bytes. When it is
 * exceeded, the oldest items of the kind that weighs most are dropped. So no kind can use up the budget: clients that
 * get many events of their own, for example, cost other clients none of the broadcasts that they have missed.
 */
import type { Clock, ResolvedEngineOptions } from '../../engine/internal.js';
import { type Kept, KeptQueue } from './kept-queue.js';
import type { ResolvedRecoveryOptions } from './recovery-options.js';

/** The options that a budget reads. They may change until the server serves. */
export interface BudgetOptions {
  readonly engine: Pick<ResolvedEngineOptions, 'clock' | 'limits' | 'limitReport'>;
  readonly recovery: Pick<ResolvedRecoveryOptions, 'maxAge' | 'maxDisconnectionDuration'> | null;
}

export class RecoveryBudget {
  readonly #options: BudgetOptions;
  /** Events that may be for several clients. */
  readonly broadcasts: KeptQueue;
  /** Events for one client. */
  readonly directs: KeptQueue;
  /** Sessions of clients that lost their connection. */
  readonly sessions: KeptQueue;

  constructor(options: BudgetOptions) {
    this.#options = options;
    this.broadcasts = this.#queue('maxAge');
    this.directs = this.#queue('maxAge');
    this.sessions = this.#queue('maxDisconnectionDuration');
  }

  get clock(): Clock {
    return this.#options.engine.clock;
  }

  /** Bytes of all that is kept. */
  get weight(): number {
    return this.broadcasts.weight + this.directs.weight + this.sessions.weight;
  }

  /** Adds an item to one of the queues. If the budget is exceeded, drops others, or even the item itself. */
  keep(queue: KeptQueue, item: Kept): void {
    queue.add(item);
    const { limits, limitReport } = this.#options.engine;
    if (this.weight <= limits.recoveryBytes) return;
    limitReport.reached('recoveryBytes', 'the oldest events or sessions of clients that may resume are dropped');
    while (this.weight > limits.recoveryBytes) {
      const { oldest } = this.#heaviest;
      if (oldest === null) return;
      oldest.drop();
    }
  }

  /** Drops everything. */
  close(): void {
    for (const queue of [this.broadcasts, this.directs, this.sessions]) queue.clear();
  }

  get #heaviest(): KeptQueue {
    const { broadcasts, directs, sessions } = this;
    const heavier = directs.weight > broadcasts.weight ? directs : broadcasts;
    return sessions.weight > heavier.weight ? sessions : heavier;
  }

  #queue(lifetime: 'maxAge' | 'maxDisconnectionDuration'): KeptQueue {
    const options = this.#options;
    return new KeptQueue({
      get clock() {
        return options.engine.clock;
      },
      get lifetime() {
        return options.recovery?.[lifetime] ?? 0;
      },
    });
  }
}
