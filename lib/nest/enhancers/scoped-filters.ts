/**
 * The filters of a method in an application that has request-scoped or transient global filters. Those are made when a
 * call of a client fails for the first time: a client whose calls succeed costs nothing, and a filter that cannot be
 * made refuses no client.
 */
import type { ArgumentsHost } from '@nestjs/common';
import type { Socket } from '../../server/internal.js';
import type { FilterRunner } from './enhancer-finder.js';
import type { GlobalEnhancers } from './globals.js';

export interface ScopedFiltersSource {
  /** Finds the filters of the method among these global ones, or the shared ones. Synchronous. */
  readonly find: (globals?: GlobalEnhancers) => FilterRunner;
  /** Makes the global filters of a client, or finds them. */
  readonly make: (client: Socket) => Promise<GlobalEnhancers>;
  /** Called if a filter cannot be made: then the others apply. */
  readonly failed: (error: unknown) => void;
}

export class ScopedFilters implements FilterRunner {
  /** Not empty, so that failures get here. */
  readonly filters: readonly unknown[] = [this];
  readonly #source: ScopedFiltersSource;
  readonly #runners = new WeakMap<Socket, FilterRunner>();

  constructor(source: ScopedFiltersSource) {
    this.#source = source;
  }

  async invokeCustomFilters(exception: unknown, host: ArgumentsHost): Promise<unknown> {
    const client = host.getArgByIndex<Socket>(0);
    const runner = this.#runners.get(client) ?? (await this.#runnerOf(client));
    return runner.invokeCustomFilters(exception, host);
  }

  async #runnerOf(client: Socket): Promise<FilterRunner> {
    try {
      const runner = this.#source.find(await this.#source.make(client));
      this.#runners.set(client, runner);
      return runner;
    } catch (error) {
      this.#source.failed(error);
      return this.#source.find();
    }
  }
}
