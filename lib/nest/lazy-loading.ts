/** Modules that are loaded after the start: Nest tells nobody of them but who loads them. */
import type { LazyModuleLoader } from '@nestjs/core';

/** @param loaded called after each module, and awaited before whoever loads it gets it; a rejection is a rejection of `load()` */
export function whenLoaded(loader: LazyModuleLoader, loaded: () => Promise<void>): void {
  const load = loader.load.bind(loader);
  loader.load = async (...args) => {
    const moduleRef = await load(...args);
    await loaded();
    return moduleRef;
  };
}
