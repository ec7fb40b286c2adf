/**
 * Runs before each spec file. A worker runs many of them, one after the other: it keeps Node and the packages of
 * `node_modules`, whose start-up would otherwise cost more than the tests, and loads `lib/` and `test/` again.
 * A spec therefore never sees a variable that another one has set. Only what is global to a process is shared.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { vi } from 'vitest';

/** The key of the recorded storages in the process: this module is loaded again for each spec file. */
const KEY = Symbol.for('test.usedStorages');

vi.resetModules();
disableStorages();

/**
 * Disables each `AsyncLocalStorage` that the specs before this one have used. Before Node 24, a storage that has run
 * once slows down every promise of its process. Without this, a worker spends up to a fifth of its time on them.
 */
function disableStorages(): void {
  const storages = usedStorages();
  for (const storage of storages) storage.disable();
  storages.clear();
}

/** Returns the storages that have run something in this process. The first call starts to record them. */
function usedStorages(): Set<AsyncLocalStorage<unknown>> {
  const home = globalThis as { [KEY]?: Set<AsyncLocalStorage<unknown>> };
  return (home[KEY] ??= recordStorages());
}

function recordStorages(): Set<AsyncLocalStorage<unknown>> {
  const storages = new Set<AsyncLocalStorage<unknown>>();
  for (const method of ['run', 'enterWith'] as const) {
    const original = AsyncLocalStorage.prototype[method] as (...args: unknown[]) => unknown;
    AsyncLocalStorage.prototype[method] = function (this: AsyncLocalStorage<unknown>, ...args: unknown[]) {
      storages.add(this);
      return Reflect.apply(original, this, args);
    };
  }
  return storages;
}
