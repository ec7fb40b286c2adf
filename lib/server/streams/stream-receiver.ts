/** The client of a stream, as the stream uses it: a socket of this server, or of another one. */
import type { Message } from '../../engine/internal.js';
import type { KeptValue } from './kept-values.js';

export interface StreamReceiver {
  /** Whether the client acknowledges the values of this stream; `null` until that is known. */
  get acknowledges(): boolean | null;
  set acknowledges(acknowledges: boolean);
  /** @returns a promise if the receiver has enough for now: it resolves when it can take more, or is gone */
  value(n: number, value: KeptValue): Promise<void> | null;
  /** @param n the number of values */
  end(n: number, message: Message): void;
  /** Whether it is on another connection than the receiver that follows it, and is to be notified by the stream. */
  isElsewhere(next: StreamReceiver): boolean;
  /** The stream sends nothing more to it, since it has ended or has moved to another receiver. */
  close(): void;
}
