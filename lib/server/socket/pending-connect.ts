/**
 * The buffer of a CONNECT that is being decided: packets from the client, messages to it, and its end if that comes
 * before the decision. A decision may take long, so both directions are bounded. The bound on incoming packets is
 * shared by all namespaces of a client, since a client may ask for many.
 */
import type { Message } from '../../engine/internal.js';
import { ProtocolError, SocketIoError } from '../../errors.js';
import {
  type AckPacket,
  type DisconnectPacket,
  type EventPacket,
  type Packet,
  PacketType,
} from '../../protocol/internal.js';
import type { DisconnectReason } from './socket-state.js';

/** Number of packets per CONNECT. A stock client sends none before its CONNECT is answered. */
const MAX_PACKETS = 100;

/** A packet that a client may send to a namespace that it has asked for. */
export type ClientPacket = EventPacket | AckPacket | DisconnectPacket;

export function unexpectedPacket(): ProtocolError {
  return new ProtocolError('a client sends neither a second CONNECT nor a CONNECT_ERROR');
}

/** The end of a socket whose CONNECT is not decided yet. */
export interface Ending {
  readonly reason: DisconnectReason;
  readonly description: unknown;
}

/** The client, which counts the bytes that are buffered in all its namespaces. */
export interface PendingConnectOwner {
  readonly options: { readonly engine: { readonly limits: { readonly bufferedBytes: number } } };
  /** Bytes and characters of all buffered packets. */
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
  /** Set if the socket was disconnected, or its connection lost, before the decision. */
  ending: Ending | null = null;

  constructor(owner: PendingConnectOwner) {
    this.#owner = owner;
  }

  /**
   * Buffers a packet from the client.
   * @param size bytes or characters
   * @throws ProtocolError for a packet that clients never send, or if the buffer is full
   */
  incoming(packet: Packet, size: number): void {
    if (packet.type === PacketType.CONNECT || packet.type === PacketType.CONNECT_ERROR) throw unexpectedPacket();
    this.#bytesIn += size;
    this.#owner.pendingBytes += size;
    if (this.packets.length >= MAX_PACKETS || this.#owner.pendingBytes > this.#maxBytes) {
      throw new ProtocolError('too much was sent before the namespace was granted');
    }
    this.packets.push(packet);
  }

  /** Called when the CONNECT is decided: its packets no longer count as buffered. */
  end(): void {
    this.#owner.pendingBytes -= this.#bytesIn;
    this.#bytesIn = 0;
  }

  /**
   * Buffers a message to the client.
   * @throws SocketIoError `SLOW_CLIENT` if the buffer is full
   */
  outgoing(message: Message): void {
    this.#bytesOut += message.wire.length;
    if (this.#bytesOut > this.#maxBytes) {
      throw new SocketIoError('SLOW_CLIENT', 'too much was sent to a client whose connect handlers have not finished');
    }
    this.messages.push(message);
  }

  get #maxBytes(): number {
    return this.#owner.options.engine.limits.bufferedBytes;
  }
}
