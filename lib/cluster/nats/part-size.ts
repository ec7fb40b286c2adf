import type { NatsConnection } from './nats-client.js';

/** Bytes of a message that the server of a connection accepts. */
export function partSize({ info }: NatsConnection): number {
  return info?.max_payload ?? 1_048_576;
}
