/** Reads a stream in order, from a message on. */
import type { ConsumerMessages, JetStreamManager, JsMsg, PushConsumer } from '@nats-io/jetstream';
import { ANSWER } from './jetstream.js';

export interface ConsumerListener {
  received(sequence: number, subject: string, bytes: Uint8Array): void;
  /** The consumer is not reliable any more, because its stream was deleted for example. */
  broken?(): void;
}

/** The part of a stream to read. */
export interface StreamRange {
  readonly stream: string;
  /** The number of the first message. */
  readonly sequence: number;
  /** Of the messages to read; all by default. */
  readonly subject?: string;
}

export class StreamConsumer {
  readonly #consumer: PushConsumer;
  readonly #messages: ConsumerMessages;

  private constructor(consumer: PushConsumer, messages: ConsumerMessages) {
    this.#consumer = consumer;
    this.#messages = messages;
  }

  /** Resolves when the stream has created the consumer. @param subject of the messages to read; all by default */
  static async start(
    manager: JetStreamManager,
    stream: string,
    sequence: number,
    listener: ConsumerListener,
    subject?: string,
  ): Promise<StreamConsumer> {
    const consumer = await manager.jetstream().consumers.getPushConsumer(stream, {
      opt_start_seq: sequence,
      ...(subject !== undefined && { filter_subjects: subject }),
    });
    const messages = await consumer.consume({
      callback: (message: JsMsg) => listener.received(message.seq, message.subject, message.data),
    });
    const started = new StreamConsumer(consumer, messages);
    void started.#watch(listener);
    return started;
  }

  /**
   * Reads messages until there are enough of them.
   * @param received called with each message, and with a function that ends the reading
   * @throws Error if JetStream does not answer in time
   */
  static async read<T>(
    manager: JetStreamManager,
    { stream, sequence, subject }: StreamRange,
    received: (finish: (result: T) => void, ...message: Parameters<ConsumerListener['received']>) => void,
  ): Promise<T> {
    let reader: StreamConsumer | null = null;
    let isOver = false;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<T>((resolve, reject) => {
        timer = setTimeout(() => reject(new Error('JetStream does not answer')), ANSWER);
        const listener: ConsumerListener = {
          received: (...message) => {
            if (isOver) return;
            timer?.refresh();
            received(resolve, ...message);
          },
        };
        StreamConsumer.start(manager, stream, sequence, listener, subject).then((started) => {
          reader = started;
          if (isOver) started.stop();
        }, reject);
      });
    } finally {
      isOver = true;
      clearTimeout(timer);
      (reader as StreamConsumer | null)?.stop();
    }
  }

  /** Stops. The server removes the consumer, now or after some minutes. */
  stop(): void {
    this.#messages.stop();
    this.#consumer.delete().catch(() => {}); // it may not exist any more
  }

  async #watch(listener: ConsumerListener): Promise<void> {
    for await (const { type } of this.#messages.status()) {
      if (type !== 'heartbeat' && type !== 'flow_control') listener.broken?.();
    }
  }
}
