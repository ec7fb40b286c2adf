/**
 * Finds the Broadcaster of `/` in gateways of another namespace: most who write that mean their own
 * clients. Whoever says `@InjectBroadcaster('/')` or `@Inject(Broadcaster)` means it.
 */
import type { Type } from '@nestjs/common';
import { Broadcaster } from './broadcaster.js';

/** Whether a class has a Broadcaster injected by the type of a constructor parameter alone. */
export function injectsPlainBroadcaster(type: Type): boolean {
  const types = (Reflect.getMetadata('design:paramtypes', type) ?? []) as readonly unknown[];
  const declared = (Reflect.getMetadata('self:paramtypes', type) ?? []) as readonly { readonly index: number }[];
  return types.some((param, index) => param === Broadcaster && !declared.some((other) => other.index === index));
}
