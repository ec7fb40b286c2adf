/** A socket as instruments see it. Nothing of it may be changed through this port. */
import type { Handshake } from '../handshake.js';

export interface WatchedSocket {
  readonly id: string;
  readonly userId?: string | undefined;
  readonly nsp: WatchedNamespace;
  readonly ip: string;
  readonly handshake: Handshake;
  /** A copy. */
  readonly rooms: Set<string>;
  readonly connected: boolean;
  readonly recovered: boolean;
  readonly conn: { readonly bufferedAmount: number };
}

export interface WatchedNamespace {
  readonly name: string;
  /** The name in metrics: that of the pattern, if clients choose the name of the namespace. */
  readonly label: string;
}
