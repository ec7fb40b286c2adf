/**
 * The buffer of a CONNECT that is being decided: packets from the client, messages to it, and its end if that comes
 * before the decision. A decision may take long, so both directions are bounded. The bound on incoming packets is
 * shared by all namespaces of a client, since a client may ask for many: a client that reaches it is not read from.
 */
import type { Message } from '../../engine/internal.js';
import { ProtocolError } from '../../errors.js';
import {
  type AckPacket,
  type DisconnectPacket,
  type EventPacket,
  type Packet,
  PacketType,
  weightOf,
} from '../../protocol/internal.js';
import type { DisconnectReason } from './socket-state.js';

/** Bytes that a packet costs in addition to the weight of its payload. */
const PACKET_COST = 256;

/** A packet that a client may send to a namespace that it has asked for. */
export type ClientPacket = EventPacket | AckPacket | DisconnectPacket;

export function unexpectedPacket(): ProtocolError {
  return new ProtocolError('a client sends neither a second CONNECT nor a CONNECT_ERROR');
}

/** The steps of a decision, in order. All but `session` are skipped if there is nothing to do in them. */
export type DecisionStep =
  | 'session' // the session that the client claims is looked up
  | 'middlewares'
  | 'replay' // the client reads the events that it missed
  | 'handlers';

/** The end of a socket whose CONNECT is not decided yet. */
export interface Ending {
  readonly reason: DisconnectReason;
  readonly description: unknown;
}

/** The client, which counts what is buffered in all its namespaces. */
export interface PendingConnectOwner {
  readonly options: { readonly engine: { readonly limits: { readonly bufferedBytes: number } } };
  /** Adds to the weight of all buffered packets. Above `limits.heldWeight`, the client is not read from. */
  held(weight: number): void;
}

export class PendingConnect {
  readonly #owner: PendingConnectOwner;
  readonly packets: ClientPacket[] = [];
  readonly messages: Message[] = [];
  /** The events that a client that resumes has missed. They are sent before the answer to its CONNECT. */
  readonly missed: Message[] = [];
  #weightIn = 0;
  #bytesOut = 0;
  /** Places of latest values in `messages`, by key. */
  #latest: Map<string, number> | null = null;
  /** Set if the socket was disconnected, or its connection lost, before the decision. */
  ending: Ending | null = null;
  /** The step that is not finished. */
  step: DecisionStep = 'session';

  constructor(owner: PendingConnectOwner) {
    this.#owner = owner;
  }

  /**
   * Buffers a packet from the client.
   * @param size bytes or characters
   * @throws ProtocolError for a packet that clients never send
   */
  incoming(packet: Packet, size: number): void {
    if (packet.type === PacketType.CONNECT || packet.type === PacketType.CONNECT_ERROR) throw unexpectedPacket();
    this.packets.push(packet);
    const weight = weightOf(packet, size) + PACKET_COST;
    this.#weightIn += weight;
    this.#owner.held(weight);
  }

  /** Called when the CONNECT is decided: its packets no longer count as buffered. */
  end(): void {
    if (this.#weightIn === 0) return; // as nearly always; -0 would cost each client a heap number
    this.#owner.held(-this.#weightIn);
    this.#weightIn = 0;
  }

  /**
   * Buffers a message to the client. A latest value takes the place of an older one with its key.
   * @returns whether it fits; if not, the message is dropped
   */
  outgoing(message: Message): boolean {
    const { key } = message;
    const place = (key === null ? undefined : this.#latest?.get(key)) ?? this.messages.length;
    this.#bytesOut += message.wire.length - (this.messages[place]?.wire.length ?? 0);
    const fits = this.#bytesOut <= this.#owner.options.engine.limits.bufferedBytes;
    if (!fits) return false;
    this.messages[place] = message;
    if (key !== null) (this.#latest ??= new Map()).set(key, place);
    return true;
  }
}
