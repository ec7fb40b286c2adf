/**
 * The streams of a server: opens them, and handles the events with which clients acknowledge, cancel and resume them.
 * The protocol is that of `docs/streams.md`.
 */
import {
  type Clock,
  createId,
  type LimitReport,
  Message,
  type ObservedLog,
  type ResolvedLimits,
} from '../../engine/internal.js';
import { label } from '../../errors.js';
import { type Codec, type EventPacket, PacketType } from '../../protocol/internal.js';
import type { Channels } from '../cluster/channels.js';
import { withoutOffset } from '../adapter/recovery.js';
import { ClientStreams } from './client-streams.js';
import { KeptStreams } from './kept-streams.js';
import { LocalReceiver } from './local-receiver.js';
import { Stream, type StreamHost, type StreamSource } from './stream.js';
import type { ResolvedStreamsOptions } from './stream-options.js';
import { type OwnStreams, type StreamClaim, StreamExchange } from './stream-exchange.js';
import { type StreamRefusal, type StreamRefusalCode, streamRefusal } from './stream-refusal.js';
import type { StreamNamespace, StreamSocket } from './stream-socket.js';

/** The options of the server. They may change until it serves. */
interface StreamsSettings {
  readonly codec: Codec;
  readonly codecName: string;
  readonly streams: ResolvedStreamsOptions;
  readonly engine: {
    readonly clock: Clock;
    readonly limits: ResolvedLimits;
    readonly limitReport: LimitReport;
    readonly logger: ObservedLog;
  };
}

/** Handles an event of a client. */
export type StreamEventHandler = (socket: StreamSocket, packet: EventPacket) => void | Promise<void>;

export class Streams implements OwnStreams {
  readonly #settings: StreamsSettings;
  readonly #exchange: StreamExchange;
  readonly #streams = new Map<string, OwnStream>();
  readonly #clients = new WeakMap<object, ClientStreams>();
  readonly #hosts = new WeakMap<StreamNamespace, StreamHost>();
  #kept: KeptStreams | null = null;

  /** The handlers of the events of clients that have streams. */
  readonly handlers: Readonly<Record<string, StreamEventHandler>> = {
    stream_ack: (socket, packet) => this.#acknowledge(socket, packet),
    stream_cancel: (socket, packet) => this.#cancel(socket, packet),
    stream_resume: (socket, packet) => this.#resume(socket, packet),
  };

  constructor(settings: StreamsSettings, channels: Channels) {
    this.#settings = settings;
    this.#exchange = new StreamExchange(channels, this);
  }

  /** The number of streams, with those that are kept for clients that may resume them. */
  get size(): number {
    return this.#streams.size;
  }

  /**
   * Opens a stream to a client.
   * @returns its id, and a function to call once the client has been sent it; or the reason why it cannot have it
   */
  open(socket: StreamSocket, source: StreamSource): { readonly id: string; proceed(): void } | StreamRefusal {
    const client = this.clientOf(socket);
    if (!this.#admits(socket)) return streamRefusal('too_many_streams');
    const receiver = new LocalReceiver(socket, client);
    const id = createId() + this.#exchange.node;
    const stream = new Stream(id, socket.userId, source, receiver, client, this.#hostOf(socket.nsp));
    this.#streams.set(id, { stream, namespace: socket.nsp.name });
    receiver.receive(stream);
    return { id, proceed: () => stream.proceed(receiver) };
  }

  /** Ends all streams, and notifies their clients. */
  close(): void {
    for (const { stream } of this.#streams.values()) stream.abort(streamRefusal('stream_gone'));
    this.#kept?.clear();
    this.#kept = null;
  }

  // --- Inside: events of clients ---

  /** A client with the option `retries` waits for an answer to each of its events. */
  #acknowledge(socket: StreamSocket, { id, data: [, stream, n] }: EventPacket): void {
    if (typeof stream === 'string' && isNumber(n)) {
      if (this.#streams.has(stream)) this.#streamOf(socket, stream)?.acknowledge(n);
      else this.#exchange.acknowledge(socket, stream, n);
    }
    if (id !== undefined) socket.acknowledge(id, [{}]);
  }

  #cancel(socket: StreamSocket, { id, data: [, stream] }: EventPacket): void {
    if (typeof stream === 'string') {
      if (this.#streams.has(stream)) this.#streamOf(socket, stream)?.cancel();
      else this.#exchange.cancel(socket, stream);
    }
    if (id !== undefined) socket.acknowledge(id, [{}]);
  }

  #resume(socket: StreamSocket, packet: EventPacket): void | Promise<void> {
    const [, id, n] = packet.data;
    if (typeof id !== 'string' || !isNumber(n)) return answer(socket, packet, 'bad_request');
    if (!this.#admits(socket)) return answer(socket, packet, 'too_many_streams');
    const claim = { id, n, namespace: socket.nsp.name, userId: socket.userId };
    const stream = this.claim(claim);
    if (stream === 'stream_gone') return this.#resumeElsewhere(socket, packet, claim);
    if (typeof stream === 'string') return answer(socket, packet, stream);
    const client = this.clientOf(socket);
    const receiver = new LocalReceiver(socket, client);
    stream.resume(receiver, n, client);
    receiver.receive(stream);
    answer(socket, packet, null);
    return socket.inOrder(() => stream.proceed(receiver), 0);
  }

  async #resumeElsewhere(socket: StreamSocket, packet: EventPacket, claim: StreamClaim): Promise<void> {
    const refusal = await this.#exchange.resume(socket, claim);
    answer(socket, packet, refusal?.code ?? null);
    if (refusal === null) socket.inOrder(() => this.#exchange.proceed(socket, claim.id), 0);
  }

  /** The stream that a client may acknowledge or cancel: one that it receives. */
  #streamOf(socket: StreamSocket, id: string): Stream | undefined {
    const stream = this.get(id);
    const receiver = stream?.receiver;
    return receiver instanceof LocalReceiver && receiver.socket === socket ? stream : undefined;
  }

  // --- Called by the exchange ---

  get codecName(): string {
    return this.#settings.codecName;
  }

  get all(): Iterable<Stream> {
    return Array.from(this.#streams.values(), ({ stream }) => stream);
  }

  get(id: string): Stream | undefined {
    return this.#streams.get(id)?.stream;
  }

  claim({ id, n, namespace, userId }: StreamClaim): Stream | StreamRefusalCode {
    const own = this.#streams.get(id);
    if (own === undefined || own.namespace !== namespace) return 'stream_gone';
    const { stream } = own;
    if (stream.userId !== userId) return 'stream_forbidden';
    return stream.keeps(n) ? stream : 'stream_lost';
  }

  encode(namespace: StreamNamespace, data: EventPacket['data']): Message {
    return this.#hostOf(namespace).encode(data);
  }

  clientOf(socket: StreamSocket): ClientStreams {
    let streams = this.#clients.get(socket.client);
    if (streams === undefined) this.#clients.set(socket.client, (streams = new ClientStreams(socket.ip)));
    return streams;
  }

  // --- Inside ---

  /** Whether a client may have another stream. */
  #admits(socket: StreamSocket): boolean {
    const { limits, limitReport } = this.#settings.engine;
    if (this.clientOf(socket).size < limits.streams) return true;
    limitReport.reached('streams', 'a stream of a client was refused', socket);
    return false;
  }

  get #keptStreams(): KeptStreams {
    const { streams, engine } = this.#settings;
    const { limits, limitReport, clock } = engine;
    return (this.#kept ??= new KeptStreams(streams.resumeWithin, limits.keptStreamBytes, clock, () => {
      limitReport.reached('keptStreamBytes', 'streams without a client were ended');
    }));
  }

  #hostOf(namespace: StreamNamespace): StreamHost {
    let host = this.#hosts.get(namespace);
    if (host === undefined) this.#hosts.set(namespace, (host = this.#createHost(namespace)));
    return host;
  }

  #createHost(namespace: StreamNamespace): StreamHost {
    const settings = this.#settings;
    const packetOf = (data: EventPacket['data']): EventPacket => {
      return { type: PacketType.EVENT, nsp: namespace.name, data };
    };
    return {
      clock: settings.engine.clock,
      buffer: settings.streams.buffer,
      maxBytes: settings.engine.limits.streamBytes,
      packetOf,
      encode: (data) => {
        const { serializer, delivery } = namespace;
        const serialized = serializer === null ? data : serializer(data);
        return Message.of(
          settings.codec.encode(packetOf(delivery.recovery === null ? serialized : withoutOffset(serialized))),
        );
      },
      asked: (value) => {
        const { observer } = settings.engine.logger;
        observer?.running(
          `a stream in ${label(namespace.name)}`,
          Promise.allSettled([value]).then(() => {}),
        );
      },
      waits: (stream) => this.#wait(stream),
      changed: (stream) => this.#kept?.recount(stream),
      resumed: (stream) => this.#kept?.delete(stream),
      over: (stream) => {
        this.#streams.delete(stream.id);
        this.#kept?.delete(stream);
      },
    };
  }

  #wait(stream: Stream): void {
    if (this.#settings.streams.resumeWithin === 0 && stream.receiver === null) stream.cancel();
    else this.#keptStreams.add(stream);
  }
}

interface OwnStream {
  readonly stream: Stream;
  readonly namespace: string;
}

/** Answers `stream_resume`. @param refusal `null` if the stream is resumed */
function answer(socket: StreamSocket, { id }: EventPacket, refusal: StreamRefusalCode | null): void {
  if (id !== undefined) socket.acknowledge(id, [refusal === null ? {} : { error: streamRefusal(refusal) }]);
}

function isNumber(n: unknown): n is number {
  return Number.isSafeInteger(n) && (n as number) >= 0;
}
