/** The parts of a server that all its connections share. */
import type { ResolvedEngineOptions } from '../engine-options.js';
import type { Traffic } from '../metrics/traffic.js';
import type { Heartbeat } from './heartbeat.js';
import type { Message } from './message.js';
import type { Outbox } from './outbox.js';
import type { Rate } from './rate.js';

/** A client that is behind. */
interface LaggingClient {
  /** Called when it has been behind for `limits.slowTime`, and after each further such time. */
  checkProgress(): void;
}

export interface ConnectionServices {
  readonly options: ResolvedEngineOptions;
  /** Those of the options, one step nearer: each message reads them. */
  readonly limits: ResolvedEngineOptions['limits'];
  readonly traffic: Traffic;
  readonly outbox: Outbox;
  readonly heartbeat: Heartbeat;
  /** Clients that are behind, to be checked for progress. `null` if `limits.slowTime` is lifted. */
  readonly lagging: {
    readonly size: number;
    add(client: LaggingClient): void;
    delete(client: LaggingClient): unknown;
  } | null;
  readonly rate: Rate | null;
  readonly overload: { watch(): void; clear(): void };
  /** Sent right after the open packet, unless `null`. */
  readonly initialMessage: Message | null;
  /** Called when the WebSocket of a connection is gone. */
  readonly onClosed: (connection: { readonly id: string }) => void;
  /** The server, which may have listeners of `flush` and `drain`. */
  readonly server: { readonly hasListeners: boolean };
  readonly notify: (event: 'flush' | 'drain', args: readonly unknown[]) => void;
}
