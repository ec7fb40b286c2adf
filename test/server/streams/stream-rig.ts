/** A stream with a receiver that records what it gets, and takes it as fast as a test says. */
import { Message } from '../../../lib/engine/internal.js';
import { codecOf } from '../../../lib/protocol/codec.js';
import { DEFAULT_PACKET_LIMITS, type Encoded, type EventPacket, PacketType } from '../../../lib/protocol/internal.js';
import type { KeptValue } from '../../../lib/server/streams/kept-values.js';
import { Stream, type StreamAccount, type StreamHost } from '../../../lib/server/streams/stream.js';
import type { StreamReceiver } from '../../../lib/server/streams/stream-receiver.js';
import { ManualClock } from '../../support/manual-clock.js';

const codec = codecOf(DEFAULT_PACKET_LIMITS);

/** The data of an event, as the client decodes it. */
function dataOf(message: Message): unknown[] {
  const [text] = [...message.payloads()];
  return JSON.parse(String(text?.data).slice(2)) as unknown[];
}

export class RecordingReceiver implements StreamReceiver {
  acknowledges: boolean | null = null;
  /** The events that it got, without the id of the stream. */
  readonly events: unknown[][] = [];
  isClosed = false;
  /** Whether another receiver is on another connection. */
  isReplaced = false;
  #isLagging = false;
  #wake: (() => void) | null = null;

  /** Takes no more values, until it is called with `false`. */
  lag(isLagging = true): void {
    this.#isLagging = isLagging;
    if (!isLagging) this.#wake?.();
  }

  value(_n: number, { message }: KeptValue): Promise<void> | null {
    this.#record(message);
    return this.#isLagging ? new Promise((resolve) => (this.#wake = resolve)) : null;
  }

  end(_n: number, message: Message): void {
    this.#record(message);
  }

  isElsewhere(): boolean {
    return this.isReplaced;
  }

  close(): void {
    this.isClosed = true;
    this.#wake?.();
  }

  #record(message: Message): void {
    const [event, , ...rest] = dataOf(message);
    this.events.push([event, ...rest]);
  }
}

function packetOf(data: EventPacket['data']): EventPacket {
  return { type: PacketType.EVENT, nsp: '/', data };
}

export interface StreamRig {
  readonly stream: Stream;
  readonly receiver: RecordingReceiver;
  readonly clock: ManualClock;
  readonly account: StreamAccount;
  readonly controller: AbortController;
  readonly log: unknown[];
  /** The notices that the host got: `waits`, `resumed`, `over`. */
  readonly notices: string[];
}

interface StreamRigOptions {
  readonly buffer?: number;
  readonly maxBytes?: number;
  readonly userId?: string;
  readonly encode?: (packet: EventPacket) => Encoded;
}

export function openStream(
  values: AsyncIterable<unknown>,
  { buffer = 4, maxBytes = Infinity, userId, encode = (packet) => codec.encode(packet) }: StreamRigOptions = {},
): StreamRig {
  const clock = new ManualClock();
  const notices: string[] = [];
  const log: unknown[] = [];
  const host: StreamHost = {
    clock,
    buffer,
    maxBytes,
    packetOf,
    encode: (data) => Message.of(encode(packetOf(data))),
    asked: () => {},
    waits: () => void notices.push('waits'),
    changed: () => {},
    resumed: () => void notices.push('resumed'),
    over: () => void notices.push('over'),
  };
  const receiver = new RecordingReceiver();
  const controller = new AbortController();
  const account = { bytes: 0, address: '' };
  const source = {
    values,
    controller,
    describe: (error: unknown) => ({ code: 'error', message: String(error) }),
    failed: (error: unknown) => void log.push(error),
  };
  const stream = new Stream('id', userId, source, receiver, account, host);
  return { stream, receiver, clock, account, controller, log, notices };
}

/** A generator that counts what was taken of it, and how it ended. */
export class Numbers {
  taken = 0;
  returned = 0;

  async *upTo(count: number): AsyncGenerator<number> {
    try {
      while (this.taken < count) yield await Promise.resolve(++this.taken);
    } finally {
      this.returned++;
    }
  }
}

/** Lets all promises settle, and the turn end. */
export async function settle(turns = 3): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
}
