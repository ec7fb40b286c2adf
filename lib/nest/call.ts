/**
 * One call of a handler: its client, the event and its arguments, and the acknowledgement. Every parameter of every
 * handler is read from a call, whether the handler is called directly or through Nest's pipeline.
 */
import type { LogFields } from '../engine/internal.js';
import type { EventPacket } from '../protocol/internal.js';
import type { Socket } from '../server/internal.js';

export type Acknowledge = (...args: unknown[]) => void;

export class Call {
  /** Whether an exception filter has sent the event `exception` to the client itself. */
  exceptionSent = false;

  /**
   * @param data name and arguments of the event. For lifecycle handlers: `connect` or `return` and the auth
   *   payload, or `disconnect` or `drop` and the reason
   * @param ack set if the client requested an acknowledgement, and the handler acknowledges itself or has
   *   `@SubscribeMessage`
   */
  constructor(
    readonly client: Socket,
    readonly data: EventPacket['data'],
    readonly ack: Acknowledge | undefined,
  ) {}

  get event(): string {
    return this.data[0] as string;
  }

  /** The value of `switchToWs().getPattern()`. */
  get pattern(): unknown {
    return this.event;
  }

  get logFields(): LogFields {
    return { ...this.client.logFields, event: this.event };
  }

  /** The first argument. */
  get body(): unknown {
    return this.data[1];
  }

  get args(): unknown[] {
    return this.data.slice(1);
  }

  /**
   * The arguments of Nest's context: `ArgumentsHost.switchToWs()` takes the client from the first place, the data
   * from the second and the pattern from the last.
   */
  get hostArgs(): [client: Socket, body: unknown, ack: Acknowledge | undefined, call: Call, pattern: unknown] {
    return [this.client, this.body, this.ack, this, this.pattern];
  }
}

/** The index of the call among {@link Call.hostArgs}. */
export const CALL_INDEX = 3;
