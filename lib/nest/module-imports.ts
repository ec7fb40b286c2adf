/** Checks that an application imports `SocketIoModule` once, with `forRoot()`, and names the modules that do not. */
import type { ForwardReference, Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { SocketIoError } from '../errors.js';
import { messages } from './messages.js';

/** Nest's metadata key of the imports of a module. */
const IMPORTS = 'imports';

/** @throws SocketIoError `INVALID_SETUP` if the application has several modules of this class */
export function refuseDoubledModule(modules: ModulesContainer, type: Type): void {
  if ([...modules.values()].filter(({ metatype }) => metatype === type).length < 2) return;
  throw new SocketIoError('INVALID_SETUP', messages.doubledModule(importersOf(modules, type)));
}

/** @throws SocketIoError `INVALID_SETUP`, always */
export function refusePlainModule(modules: ModulesContainer, type: Type): never {
  const plain = importersOf(modules, type, (imported) => imported === type);
  throw new SocketIoError('INVALID_SETUP', messages.plainModule(plain[0]));
}

/** The names of the modules that import `type`, as often as they do. A dynamic module's own imports are not found. */
function importersOf(modules: ModulesContainer, type: Type, counts = (_imported: unknown) => true): string[] {
  return [...new Set([...modules.values()].map(({ metatype }) => metatype))].flatMap((metatype) => {
    const imports = (Reflect.getMetadata(IMPORTS, metatype) ?? []) as readonly unknown[];
    return imports
      .map(resolved)
      .filter((imported) => imported === type || (imported as { readonly module?: unknown } | null)?.module === type)
      .filter(counts)
      .map(() => metatype.name);
  });
}

function resolved(imported: unknown): unknown {
  const { forwardRef } = (imported ?? {}) as Partial<ForwardReference>;
  return typeof forwardRef === 'function' ? (forwardRef as () => unknown)() : imported;
}
