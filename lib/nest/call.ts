/**
 * One call of a handler: what happened, to whom, and how to answer. Every parameter of every handler is
 * taken from it, on the direct way as through Nest's pipeline.
 */
import type { EventPacket } from '../protocol/index.js';
import type { Socket } from '../server/index.js';

export type Acknowledge = (...args: unknown[]) => void;

export class Call {
  /** Whether a filter has told the client of the error by itself, with the event `exception`. */
  told = false;

  /**
   * @param data name and arguments of the event; for lifecycle handlers `connect` and the auth payload, or
   *   `disconnect` and the reason
   * @param ack there when the client asked for an acknowledgement and the handler takes it into its own hands
   */
  constructor(
    readonly client: Socket,
    readonly data: EventPacket['data'],
    readonly ack: Acknowledge | undefined,
  ) {}

  get event(): string {
    return this.data[0] as string;
  }

  /** What `switchToWs().getPattern()` says. */
  get pattern(): unknown {
    return this.event;
  }

  /** The first argument. */
  get body(): unknown {
    return this.data[1];
  }

  get args(): unknown[] {
    return this.data.slice(1);
  }

  /**
   * As Nest passes it on: `ArgumentsHost.switchToWs()` takes the client from the first, the data from the
   * second and the pattern from the last place.
   */
  get hostArgs(): [client: Socket, body: unknown, ack: Acknowledge | undefined, call: Call, pattern: unknown] {
    return [this.client, this.body, this.ack, this, this.pattern];
  }
}

/** The place of the call among {@link Call.hostArgs}. */
export const CALL_INDEX = 3;
