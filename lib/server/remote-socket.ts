/** A socket as `fetchSockets` gives it: of this process or of another one, with what both can do. */
import type { BroadcastOperator } from './broadcasting.js';
import type { DefaultEventsMap, EventNames, EventParams, EventsMap } from './events.js';
import type { Handshake } from './handshake.js';

export interface RemoteSocket<Emit extends EventsMap = DefaultEventsMap, Data = unknown> {
  readonly id: string;
  readonly handshake: Handshake;
  readonly rooms: ReadonlySet<string>;
  readonly data: Data;
  emit<K extends EventNames<Emit>>(event: K, ...args: EventParams<Emit, K>): boolean;
  timeout(ms: number): Pick<BroadcastOperator<Emit, Data>, 'emit' | 'emitWithAck'>;
  join(rooms: string | readonly string[]): void;
  leave(room: string): void;
  disconnect(close?: boolean): unknown;
}
