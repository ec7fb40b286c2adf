/** The part of a connection to NATS that this folder uses. No public type may refer to the optional packages. */

/**
 * A connection of the package `@nats-io/transport-node`, as its `connect()` returns it.
 * @publicApi
 */
export interface NatsConnection {
  readonly info?: { readonly max_payload: number } | undefined;
  publish(subject: string, payload?: Uint8Array): void;
  request(subject: string, payload?: Uint8Array, options?: { timeout: number }): Promise<NatsMessage>;
  subscribe(
    subject: string,
    options: { callback: (error: Error | null, message: NatsMessage) => void },
  ): { unsubscribe(): void };
  flush(): Promise<void>;
  status(): AsyncIterable<{ readonly type: string }>;
  closed(): Promise<void | Error>;
  isClosed(): boolean;
  close(): Promise<void>;
}

/**
 * A message of NATS.
 * @publicApi
 */
export interface NatsMessage {
  readonly subject: string;
  readonly data: Uint8Array;
}

/** A view of bytes, without a copy. */
export function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
