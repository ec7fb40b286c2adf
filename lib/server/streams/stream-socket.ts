/** A socket, as the streams of its client use it. */
import type { Message } from '../../engine/internal.js';
import type { EventPacket } from '../../protocol/internal.js';
import type { Serializer } from '../broadcast/serializer.js';
import type { DisconnectReason } from '../socket/socket-state.js';

/** A namespace, as its streams use it. */
export interface StreamNamespace {
  readonly name: string;
  readonly serializer: Serializer | null;
  /** `recovery` is `null` unless connection state recovery is on. */
  readonly delivery: { readonly recovery: object | null };
}

export interface StreamSocket {
  readonly id: string;
  readonly userId: string | undefined;
  /** The address of the client. */
  readonly ip: string;
  readonly connected: boolean;
  readonly nsp: StreamNamespace;
  /** Its connection; the other namespaces of the client share it. */
  readonly client: object;
  readonly conn: { drained(): Promise<void> };
  readonly logFields: Readonly<Record<string, unknown>>;
  /** Sends an event, even if others wait until the client has been sent the past of a room. */
  pass(packet: EventPacket, message: Message, volatile: boolean): void;
  forward(message: Message, volatile: boolean): boolean;
  acknowledge(id: number, args: readonly unknown[]): void;
  /** Calls it after the answers and events that were sent before. */
  inOrder(call: () => void, bytes: number): void;
  once(event: 'disconnecting', listener: (reason: DisconnectReason) => void): unknown;
}
