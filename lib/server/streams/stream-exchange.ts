/**
 * The streams between servers of a cluster. A stream stays on the server of its handler, the owner, whose id is the end
 * of the id of the stream. If its client resumes it on another server, that server asks the owner, and from then on
 * relays the values. The channel carries, with the id of the stream:
 *
 * - from the owner: `value` (n, frames, compress), `end` (n, frames), `moved` to another receiver, `refused` (code), and
 *   `sync`, which asks for `again`
 * - to the owner: `progress` (n), `ack` (n), `cancel`, `away` (final), and `again` (n): values after n are missing
 * - a question to the owner: (id, n, namespace, user, codec), answered with `ok` or the code of a refusal
 */
import { arePacketFrames, Message } from '../../engine/internal.js';
import type { EventPacket } from '../../protocol/internal.js';
import type { ChannelListener, Channels, ClusterChannel } from '../cluster/channels.js';
import type { ClientStreams } from './client-streams.js';
import { DistantReceiver } from './distant-receiver.js';
import { Relay, type RelayReports } from './relay.js';
import type { Stream } from './stream.js';
import { isRefusalCode, type StreamRefusal, type StreamRefusalCode, streamRefusal } from './stream-refusal.js';
import type { StreamNamespace, StreamSocket } from './stream-socket.js';

/** Characters of the part of an id that cannot be guessed. The id of the owner follows. */
const SECRET_LENGTH = 20;

/** ms that the owner has to answer: a broker answers within a few, and the client waits. */
const ANSWER_TIME = 5_000;

/** A client that resumes a stream. */
export interface StreamClaim {
  readonly id: string;
  /** The number of the last value that it has. */
  readonly n: number;
  readonly namespace: string;
  readonly userId: string | undefined;
}

/** The streams of this server. */
export interface OwnStreams {
  readonly codecName: string;
  readonly all: Iterable<Stream>;
  get(id: string): Stream | undefined;
  /** @returns the stream, or the reason why it cannot be resumed */
  claim(claim: StreamClaim): Stream | StreamRefusalCode;
  clientOf(socket: StreamSocket): ClientStreams;
  encode(namespace: StreamNamespace, data: EventPacket['data']): Message;
}

export class StreamExchange implements ChannelListener, RelayReports {
  readonly #own: OwnStreams;
  readonly #channel: ClusterChannel;
  readonly #relays = new Map<string, Relay>();

  constructor(channels: Channels, own: OwnStreams) {
    this.#own = own;
    this.#channel = channels.open('streams', this);
  }

  /** The id of this server; empty without a cluster. */
  get node(): string {
    return this.#channel.node;
  }

  // --- Streams of other servers ---

  /** @returns `null` if the values follow once {@link proceed} is called */
  async resume(socket: StreamSocket, claim: StreamClaim): Promise<StreamRefusal | null> {
    const { id, n, namespace, userId } = claim;
    const owner = id.slice(SECRET_LENGTH);
    if (!this.#channel.nodes.includes(owner)) return streamRefusal('stream_gone');
    const former = this.#relays.get(id);
    // Its client would lose the stream before the owner has answered.
    if (former?.isOpen === true && former.socket.userId !== userId) return streamRefusal('stream_forbidden');
    if (former !== undefined && former.socket !== socket) this.#refuse(former, 'stream_moved');
    this.#forget(former);
    const relay = new Relay(socket, id, owner, n, this);
    this.#relays.set(id, relay);
    this.#own.clientOf(socket).add(relay);
    const { codecName } = this.#own;
    const { answers } = await this.#channel.ask(owner, ANSWER_TIME, id, n, namespace, userId ?? null, codecName);
    const answer = answers[0]?.[0];
    if (answer === 'ok') return null;
    // The owner may have agreed too late, or still have the former receiver here.
    if (this.#relays.get(id) === relay) this.#channel.send(owner, 'away', id, false);
    this.#forget(relay);
    return streamRefusal(isRefusalCode(answer) ? answer : 'stream_gone');
  }

  /** Sends the values that have arrived: the client has its answer. */
  proceed(socket: StreamSocket, id: string): void {
    const relay = this.#relayTo(socket, id);
    if (relay?.open() === true) this.#forget(relay);
  }

  acknowledge(socket: StreamSocket, id: string, n: number): void {
    const relay = this.#relayTo(socket, id);
    if (relay === undefined) return;
    relay.acknowledged = n;
    this.#channel.send(relay.owner, 'ack', id, n);
  }

  cancel(socket: StreamSocket, id: string): void {
    const relay = this.#relayTo(socket, id);
    if (relay === undefined) return;
    this.#forget(relay);
    this.#channel.send(relay.owner, 'cancel', id);
  }

  // --- Called by relays ---

  progressed({ owner, id }: Relay, n: number): void {
    this.#channel.send(owner, 'progress', id, n);
  }

  missed({ owner, id, acknowledged }: Relay, n: number): void {
    // The last one may be lost, too, and the client sends no other one before it gets another value.
    if (acknowledged !== null) this.#channel.send(owner, 'ack', id, acknowledged);
    this.#channel.send(owner, 'again', id, n);
  }

  away(relay: Relay, isFinal: boolean): void {
    this.#forget(relay);
    this.#channel.send(relay.owner, 'away', relay.id, isFinal);
  }

  // --- Called by the channel ---

  asked(node: string, content: readonly unknown[], answer: (...content: readonly unknown[]) => void): void {
    const [id, n, namespace, userId, codec] = content;
    if (codec !== this.#own.codecName) return answer('stream_gone');
    const claim = {
      id: text(id),
      n: number(n),
      namespace: text(namespace),
      userId: userId === null ? undefined : text(userId),
    };
    const stream = this.#own.claim(claim);
    if (typeof stream === 'string') return answer(stream);
    const receiver = new DistantReceiver(node, stream.id, claim.n, this.#channel);
    const former = stream.receiver;
    if (former instanceof DistantReceiver && former.node === node) former.retire();
    stream.resume(receiver, claim.n);
    answer('ok');
    stream.proceed(receiver);
  }

  received(node: string, [kind, id, ...rest]: readonly unknown[]): void {
    const relay = this.#relays.get(text(id));
    if (relay?.owner === node) this.#receivedFromOwner(relay, kind, rest);
    else if (kind === 'value' || kind === 'sync') this.#channel.send(node, 'away', id, false);
    const stream = this.#own.get(text(id));
    const receiver = stream?.receiver;
    if (stream !== undefined && receiver instanceof DistantReceiver && receiver.node === node) {
      this.#receivedFromRelay(stream, receiver, kind, rest);
    }
  }

  nodeLeft(node: string): void {
    for (const [stream, receiver] of this.#receiversAt(node)) {
      receiver.refuse('stream_gone'); // it may be alive, and only cut off
      stream.detach();
    }
    for (const relay of this.#relaysOf(node)) {
      this.#channel.send(node, 'away', relay.id, false); // it may not have noticed that this server was cut off
      this.#refuse(relay, 'stream_gone');
    }
  }

  nodeMissed(node: string): void {
    for (const [stream] of this.#receiversAt(node)) this.#channel.send(node, 'sync', stream.id);
    for (const relay of this.#relaysOf(node)) relay.resync();
  }

  // --- Inside ---

  #receivedFromOwner(relay: Relay, kind: unknown, [n, frames, compress]: readonly unknown[]): void {
    switch (kind) {
      case 'value':
        return relay.value(number(n), message(frames, compress === true));
      case 'end':
        if (relay.end(number(n), message(frames, true))) this.#forget(relay);
        return undefined;
      case 'moved':
        return this.#refuse(relay, 'stream_moved');
      case 'refused':
        return this.#refuse(relay, isRefusalCode(n) ? n : 'stream_gone');
      case 'sync':
        return relay.resync();
      default:
        return undefined;
    }
  }

  #receivedFromRelay(stream: Stream, receiver: DistantReceiver, kind: unknown, [n]: readonly unknown[]): void {
    switch (kind) {
      case 'progress':
        return receiver.progressed(number(n));
      case 'ack':
        return stream.acknowledge(number(n));
      case 'cancel':
      case 'away':
        receiver.retire(); // the other server has forgotten it
        return kind === 'cancel' || n === true ? stream.cancel() : stream.detach();
      case 'again':
        receiver.rewind(number(n));
        if (stream.repeat(number(n))) return undefined;
        receiver.refuse('stream_lost');
        return stream.cancel();
      default:
        return undefined;
    }
  }

  /** Ends a stream to a client of this server, once the client has its answer. */
  #refuse(relay: Relay, code: StreamRefusalCode): void {
    const { socket, id, last } = relay;
    const end = this.#own.encode(socket.nsp, ['stream_end', id, last, streamRefusal(code)]);
    if (relay.end(last, end)) this.#forget(relay);
  }

  #relayTo(socket: StreamSocket, id: string): Relay | undefined {
    const relay = this.#relays.get(id);
    return relay?.socket === socket ? relay : undefined;
  }

  #forget(relay: Relay | undefined): void {
    if (relay === undefined) return;
    this.#own.clientOf(relay.socket).delete(relay);
    if (this.#relays.get(relay.id) === relay) this.#relays.delete(relay.id);
  }

  #relaysOf(node: string): Relay[] {
    return [...this.#relays.values()].filter(({ owner }) => owner === node);
  }

  *#receiversAt(node: string): Generator<[Stream, DistantReceiver]> {
    for (const stream of this.#own.all) {
      const { receiver } = stream;
      if (receiver instanceof DistantReceiver && receiver.node === node) yield [stream, receiver];
    }
  }
}

// --- Content of another process ---

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('the message of a stream must name it');
  return value;
}

function number(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new TypeError('the number of a value must be one');
  return value as number;
}

function message(frames: unknown, compress: boolean): Message {
  if (!Buffer.isBuffer(frames) || !arePacketFrames(frames, 0, frames.length)) {
    throw new TypeError('the value of a stream must be frames');
  }
  return new Message(Buffer.from(frames), compress); // a copy: the bytes belong to the bulletin
}
