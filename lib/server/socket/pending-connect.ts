/**
 * The backlog of a CONNECT that is being decided: packets from the client, messages to it, and its end if that comes
 * first. A decision may take long, so both directions are bounded. Incoming packets are bounded for all namespaces of a
 * client together, since it may ask for many.
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

const MAX_PACKETS = 100; // a stock client sends none before its CONNECT is answered

/** A packet that a client may send to a namespace it has asked for. */
export type ClientPacket = EventPacket | AckPacket | DisconnectPacket;

export function unexpectedPacket(): ProtocolError {
  return new ProtocolError('a client sends neither a second CONNECT nor a CONNECT_ERROR');
}

/** The end of a socket whose CONNECT is not decided yet. */
export interface Ending {
  readonly reason: DisconnectReason;
  readonly description: unknown;
}

/** The client: counts the bytes that wait in all its namespaces. */
export interface PendingConnectOwner {
  readonly options: { readonly engine: { readonly maxBufferedBytes: number } };
  /** Bytes and characters of all packets that wait. */
  pendingBytes: number;
}

export class PendingConnect {
  readonly #owner: PendingConnectOwner;
  readonly packets: ClientPacket[] = [];
  readonly messages: Message[] = [];
  /** The events that a client that resumes has missed. They are sent before the answer to its CONNECT. */
  readonly missed: Message[] = [];
  #bytesIn = 0;
  #bytesOut = 0;
  ending: Ending | null = null;

  constructor(owner: PendingConnectOwner) {
    this.#owner = owner;
  }

  /** @throws ProtocolError if a client must not send such a packet, or sends more than may wait */
  incoming(packet: Packet, size: number): void {
    if (packet.type === PacketType.CONNECT || packet.type === PacketType.CONNECT_ERROR) throw unexpectedPacket();
    this.#bytesIn += size;
    this.#owner.pendingBytes += size;
    if (this.packets.length >= MAX_PACKETS || this.#owner.pendingBytes > this.#maxBytes) {
      throw new ProtocolError('too much was sent before the namespace was granted');
    }
    this.packets.push(packet);
  }

  /** The CONNECT is decided: its packets wait no longer. */
  end(): void {
    this.#owner.pendingBytes -= this.#bytesIn;
    this.#bytesIn = 0;
  }

  /** @throws SocketIoError `SLOW_CLIENT` if more is sent than may wait */
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
