/** A stock client that asks for streams and resumes them, as `docs/streams.md` describes it. */
import type { Socket as NetSocket } from 'node:net';
import type { Socket } from 'socket.io-client';

/** The value of a stream, and its number. */
export type Numbered = readonly [n: number, value: unknown];

/** One stream as a client gets it, over any number of connections. */
export class FollowedStream {
  readonly values: Numbered[] = [];
  /** The arguments of `stream_end` after the id. */
  readonly ends: unknown[][] = [];
  readonly #isAcknowledging: boolean;

  /** @param isAcknowledging whether each value is acknowledged */
  constructor(
    readonly id: string,
    isAcknowledging = true,
  ) {
    this.#isAcknowledging = isAcknowledging;
  }

  /** The number of the last value. */
  get last(): number {
    return this.values.at(-1)?.[0] ?? 0;
  }

  /** Collects what arrives at a client. */
  listen(client: Socket): this {
    client.on('stream', (id: string, n: number, value: unknown) => {
      if (id !== this.id) return;
      this.values.push([n, value]);
      if (this.#isAcknowledging) client.emit('stream_ack', id, n);
    });
    client.on('stream_end', (id: string, ...rest: unknown[]) => {
      if (id === this.id) this.ends.push(rest);
    });
    return this;
  }

  /** @returns the answer of the server */
  async resume(client: Socket, n = this.last): Promise<unknown> {
    this.listen(client);
    return client.emitWithAck('stream_resume', this.id, n);
  }
}

/** Emits an event that answers with a stream. */
export async function askFor(client: Socket, event: string, ...args: unknown[]): Promise<FollowedStream> {
  return follow(client, true, event, args);
}

/** Emits an event that answers with a stream, and acknowledges no value. */
export async function askOnly(client: Socket, event: string, ...args: unknown[]): Promise<FollowedStream> {
  return follow(client, false, event, args);
}

function follow(client: Socket, isAcknowledging: boolean, event: string, args: unknown[]): Promise<FollowedStream> {
  return new Promise((resolve, reject) => {
    // The callback runs before the values of the same turn are handled; a promise would be too late for the first one.
    client.emit(event, ...args, (answer: { stream?: string; error?: unknown }) => {
      if (answer.stream === undefined) reject(Object.assign(new Error('refused'), { answer }));
      else resolve(new FollowedStream(answer.stream, isAcknowledging).listen(client));
    });
  });
}

/** The TCP socket of a stock client, to stop it from reading. */
export function tcpOf(client: Socket): NetSocket {
  const { ws } = client.io.engine.transport as unknown as { readonly ws: { readonly _socket: NetSocket } };
  return ws._socket; // oxlint-disable-line no-underscore-dangle -- of the package ws
}

/** The numbers from 1 on, each with itself as its value. */
export function counted(count: number): Numbered[] {
  return Array.from({ length: count }, (_, index) => [index + 1, index + 1] as const);
}
