/**
 * What waits while a CONNECT is being decided: packets of the client, messages to it, and its end if that
 * comes first. Both directions are bounded, since deciding may take long; what the client sends is bounded
 * for all its namespaces together, since it may ask for many.
 */
import type { Message } from '../../engine/index.js';
import { ProtocolError, SocketIoError } from '../../errors.js';
import {
  type AckPacket,
  type DisconnectPacket,
  type EventPacket,
  type Packet,
  PacketType,
} from '../../protocol/index.js';
import type { DisconnectReason } from './socket-state.js';

const MAX_PACKETS = 100; // a stock client sends none before it is accepted

/** What a client may send to a namespace that it has asked for. */
export type HeldPacket = EventPacket | AckPacket | DisconnectPacket;

/** @throws ProtocolError for what a client may send to no namespace that it has asked for */
export function toHeldPacket(packet: Packet): HeldPacket {
  if (packet.type === PacketType.CONNECT || packet.type === PacketType.CONNECT_ERROR) {
    throw new ProtocolError('a client sends neither a second CONNECT nor a CONNECT_ERROR');
  }
  return packet;
}

export interface Ending {
  readonly reason: DisconnectReason;
  readonly description: unknown;
}

/** Whose namespaces they are: counts what waits in all of them. */
export interface HoldOwner {
  readonly options: { readonly engine: { readonly maxBufferedBytes: number } };
  /** Bytes and characters that its holds keep together. */
  held: number;
}

export class Hold {
  readonly #owner: HoldOwner;
  readonly packets: HeldPacket[] = [];
  readonly messages: Message[] = [];
  /** What a client that comes back has missed: it goes out before the answer. */
  readonly missed: Message[] = [];
  #bytesIn = 0;
  #bytesOut = 0;
  /** Whether the CONNECT was answered before it is decided, see `acceptFirst`: then nothing waits outwards. */
  greeted = false;
  ending: Ending | null = null;

  constructor(owner: HoldOwner) {
    this.#owner = owner;
  }

  /** @throws ProtocolError when the client sends more than is kept for it */
  incoming(packet: HeldPacket, size: number): void {
    this.#bytesIn += size;
    this.#owner.held += size;
    if (this.packets.length >= MAX_PACKETS || this.#owner.held > this.#maxBytes) {
      throw new ProtocolError('too much was sent before the namespace was granted');
    }
    this.packets.push(packet);
  }

  /** The CONNECT is decided: what waited for it does no longer. */
  end(): void {
    this.#owner.held -= this.#bytesIn;
    this.#bytesIn = 0;
  }

  /** @throws SocketIoError `SLOW_CLIENT` when more is sent than is kept */
  outgoing(message: Message): void {
    this.#bytesOut += message.wire.length;
    if (this.#bytesOut > this.#maxBytes) {
      throw new SocketIoError('SLOW_CLIENT', 'too much was sent to a client whose connect handlers have not finished');
    }
    this.messages.push(message);
  }

  get #maxBytes(): number {
    return this.#owner.options.engine.maxBufferedBytes;
  }
}
