/**
 * Counts what passes through an engine: connections, refused handshakes, messages and bytes. The counts are plain
 * numbers that always run, since an addition costs less than asking whether anyone reads it.
 */
import type { CloseReason } from '../connection/connection-state.js';
import type { RefusalCode } from '../handshake/refusal.js';
import { Histogram } from './histogram.js';

/** Seconds. From a page that is reloaded at once to a connection that stays for a day. */
export const CONNECTION_DURATIONS = [1, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 21_600, 86_400];

export class Traffic {
  /** Connections that were opened. */
  opened = 0;
  /** Engine.IO messages, heartbeats included. */
  messagesReceived = 0;
  messagesSent = 0;
  /** Bytes of the messages that were received, without the headers of their frames. */
  bytesReceived = 0;
  /** Bytes of the frames that were sent, before compression. */
  bytesSent = 0;
  /** How long connections lasted, in seconds, by the reason of their end. */
  readonly durations = new Map<CloseReason, Histogram>();
  /** Handshakes that were refused. */
  readonly refused = new Map<RefusalCode, number>();
  /** Called for each connection that has closed, with how long it lasted, in seconds. */
  onClosed: ((reason: CloseReason, duration: number) => void) | null = null;

  /** @param lasted ms */
  closed(reason: CloseReason, lasted: number): void {
    let durations = this.durations.get(reason);
    if (durations === undefined) this.durations.set(reason, (durations = new Histogram(CONNECTION_DURATIONS)));
    durations.add(lasted / 1_000);
    this.onClosed?.(reason, lasted / 1_000);
  }

  refuse(code: RefusalCode): void {
    this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
  }
}
