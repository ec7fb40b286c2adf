/** Calls of JetStream that several files need. */
import type { JetStreamManager, StreamConfig, StreamInfo } from '@nats-io/jetstream';
import { SocketIoError } from '../../errors.js';
import type { NatsConnection } from './nats-client.js';

/** ms within which JetStream must answer. */
export const ANSWER = 5_000;

/** Nanoseconds in a millisecond, since JetStream counts in them. */
export const NANOS = 1_000_000;

export type OpenJetStream = (connection: NatsConnection) => Promise<JetStreamManager>;

/** @param library the package `@nats-io/jetstream` */
export function jetStreamOf({ jetstreamManager }: typeof import('@nats-io/jetstream')): OpenJetStream {
  return async (connection) => {
    try {
      return await jetstreamManager(connection as Parameters<typeof jetstreamManager>[0]);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'JetStreamNotEnabled') throw error;
      throw new SocketIoError(
        'INVALID_OPTION',
        'options "connectionStateRecovery" and "history" with NATS need JetStream, which is not enabled on the server: ' +
          'start nats-server with -js',
        { cause: error },
      );
    }
  };
}

export interface StreamLimits {
  /** ms */
  readonly maxAge: number;
  /** Set if a longer age of an existing stream stays, because another server may need it. */
  readonly neverShorter?: true;
  readonly maxMessages?: number;
  readonly maxMessagesPerSubject?: number;
}

/**
 * Creates a stream, or sets the limits of an existing one. Its storage, replicas and placement stay as they are.
 *
 * Messages are stored in files, so that a restart of the server loses none. JetStream does not wait for the disk: it
 * synchronises files every two minutes, and the operating system keeps the writes of a killed server. Measured with
 * messages of 1 kB, files cost the server a quarter more CPU than memory, and clients nothing.
 */
export async function provideStream(
  { streams }: JetStreamManager,
  name: string,
  subjects: string[],
  limits: StreamLimits,
): Promise<StreamInfo> {
  const info = await streams.info(name).catch((error: unknown) => {
    if (error instanceof Error && error.name === 'StreamNotFoundError') return null;
    throw error;
  });
  const kept = limits.neverShorter === true && info !== null ? info.config.max_age : 0;
  const max_age = Math.max(limits.maxAge * NANOS, kept);
  const config: Partial<StreamConfig> = {
    max_age,
    max_msgs: limits.maxMessages ?? -1,
    max_msgs_per_subject: limits.maxMessagesPerSubject ?? -1,
    duplicate_window: Math.min(max_age, 120_000 * NANOS), // must not be longer than max_age
  };
  if (info === null) return streams.add({ ...config, name, subjects, storage: 'file', discard: 'old' });
  const isCurrent = (['max_age', 'max_msgs', 'max_msgs_per_subject'] as const).every(
    (limit) => info.config[limit] === config[limit],
  );
  return isCurrent ? info : streams.update(name, config);
}

/** Publishes to a stream. Resolves when the stream has stored the message. */
export async function store(connection: NatsConnection, subject: string, bytes: Uint8Array): Promise<void> {
  const { data } = await connection.request(subject, bytes, { timeout: ANSWER });
  const { error } = JSON.parse(Buffer.from(data).toString()) as { error?: { description: string } };
  if (error !== undefined) throw new Error(`JetStream did not store a message: ${error.description}`);
}
