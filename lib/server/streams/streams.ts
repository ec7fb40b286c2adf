/**
 * The streams of a server: opens them, and handles the events with which clients acknowledge, cancel and resume them.
 * The protocol is that of `docs/streams.md`.
 */
import { type Clock, createId, type LimitReport, Message, type ResolvedLimits } from '../../engine/internal.js';
import { type Codec, type EventPacket, PacketType } from '../../protocol/internal.js';
import { withoutOffset } from '../adapter/recovery.js';
import { ClientStreams } from './client-streams.js';
import { KeptStreams } from './kept-streams.js';
import { LocalReceiver } from './local-receiver.js';
import { Stream, type StreamHost, type StreamSource } from './stream.js';
import type { ResolvedStreamsOptions } from './stream-options.js';
import { type StreamRefusal, streamRefusal } from './stream-refusal.js';
import type { StreamNamespace, StreamSocket } from './stream-socket.js';

/** The options of the server. They may change until it serves. */
interface StreamsSettings {
  readonly codec: Codec;
  readonly streams: ResolvedStreamsOptions;
  readonly engine: { readonly clock: Clock; readonly limits: ResolvedLimits; readonly limitReport: LimitReport };
}

/** Handles an event of a client. */
export type StreamEventHandler = (socket: StreamSocket, packet: EventPacket) => void;

export class Streams {
  readonly #settings: StreamsSettings;
  readonly #streams = new Map<string, OwnStream>();
  readonly #clients = new WeakMap<object, ClientStreams>();
  readonly #hosts = new WeakMap<StreamNamespace, StreamHost>();
  #kept: KeptStreams | null = null;

  /** The handlers of the events of clients that have streams. */
  readonly handlers: Readonly<Record<string, StreamEventHandler>> = {
    stream_ack: (socket, { data: [, id, n] }) => this.#acknowledge(socket, id, n),
    stream_cancel: (socket, packet) => this.#cancel(socket, packet),
    stream_resume: (socket, packet) => this.#resume(socket, packet),
  };

  constructor(settings: StreamsSettings) {
    this.#settings = settings;
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
    if (!this.admits(socket)) return streamRefusal('too_many_streams');
    const receiver = new LocalReceiver(socket, client);
    const id = createId();
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

  #acknowledge(socket: StreamSocket, id: unknown, n: unknown): void {
    if (isNumber(n)) this.#streamOf(socket, id)?.acknowledge(n);
  }

  #cancel(socket: StreamSocket, { id, data: [, stream] }: EventPacket): void {
    this.#streamOf(socket, stream)?.cancel();
    if (id !== undefined) socket.acknowledge(id, [{}]);
  }

  #resume(socket: StreamSocket, packet: EventPacket): void {
    const [, id, n] = packet.data;
    if (typeof id !== 'string' || !isNumber(n)) return answer(socket, packet, streamRefusal('bad_request'));
    const own = this.#streams.get(id);
    if (own === undefined || own.namespace !== socket.nsp.name) {
      return answer(socket, packet, streamRefusal('stream_gone'));
    }
    const { stream } = own;
    if (stream.userId !== socket.userId) return answer(socket, packet, streamRefusal('stream_forbidden'));
    if (!this.admits(socket)) return answer(socket, packet, streamRefusal('too_many_streams'));
    const client = this.clientOf(socket);
    const receiver = new LocalReceiver(socket, client);
    if (!stream.resume(receiver, n, client)) return answer(socket, packet, streamRefusal('stream_lost'));
    receiver.receive(stream);
    answer(socket, packet, null);
    socket.inOrder(() => stream.proceed(receiver), 0);
  }

  /** The stream that a client may acknowledge or cancel: one that it receives. */
  #streamOf(socket: StreamSocket, id: unknown): Stream | undefined {
    const own = typeof id === 'string' ? this.#streams.get(id) : undefined;
    const receiver = own?.stream.receiver;
    return receiver instanceof LocalReceiver && receiver.socket === socket ? own?.stream : undefined;
  }

  // --- Inside ---

  clientOf({ client }: StreamSocket): ClientStreams {
    let streams = this.#clients.get(client);
    if (streams === undefined) this.#clients.set(client, (streams = new ClientStreams()));
    return streams;
  }

  /** Whether a client may have another stream. */
  admits(socket: StreamSocket): boolean {
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
      waits: (stream) => this.#wait(stream),
      grew: (stream) => this.#kept?.recount(stream),
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
function answer(socket: StreamSocket, { id }: EventPacket, refusal: StreamRefusal | null): void {
  if (id !== undefined) socket.acknowledge(id, [refusal === null ? {} : { error: refusal }]);
}

function isNumber(n: unknown): n is number {
  return Number.isSafeInteger(n) && (n as number) >= 0;
}
