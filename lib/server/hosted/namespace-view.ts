/**
 * A namespace as a published adapter sees it. The rule: an adapter may look and act as it likes, but a packet
 * that our clients have been given already does not reach them through it a second time.
 */
import { Message } from '../../engine/index.js';
import type { EventPacket } from '../../protocol/index.js';
import type { AdapterHost } from '../adapter/adapter.js';
import { type SharedPackets, SocketView } from './hosted-socket.js';
import type { HostedNamespace, HostedSocket, PublishedPacket, PublishedTarget } from './published-adapter.js';
import type { Socket } from '../socket/socket.js';

/** A room that nobody is in, since no room has a symbol as its name. */
const NOBODY = new Set([Symbol('nobody') as unknown as string]);

type Packets = readonly (string | Uint8Array)[];

const NOTHING: Packets = [];

export interface NamespaceViewOptions {
  readonly recovery?: { readonly maxDisconnectionDuration: number };
  /** Told of the data of each packet that the adapter is about to deliver to our clients. */
  readonly arrives?: (data: readonly unknown[]) => void;
}

export class NamespaceView implements HostedNamespace, SharedPackets {
  readonly server: HostedNamespace['server'];
  readonly sockets: HostedNamespace['sockets'];
  readonly #host: AdapterHost;
  readonly #arrives: (data: readonly unknown[]) => void;
  /** Views last as long as their sockets. */
  readonly #views = new WeakMap<Socket, SocketView>();
  /** By the data of the packet, since an adapter may copy what is around it. */
  readonly #delivered = new WeakMap<readonly unknown[], PublishedTarget>();
  #encoded: Packets | null = null;
  #message: Message | null = null;

  constructor(host: AdapterHost, { recovery, arrives = () => {} }: NamespaceViewOptions = {}) {
    this.#host = host;
    this.#arrives = arrives;
    const opts = recovery === undefined ? {} : { connectionStateRecovery: recovery };
    this.server = { opts, encoder: { encode: (packet) => this.#encode(packet) } };
    this.sockets = { get: (id) => this.#view(id) };
  }

  get name(): string {
    return this.#host.name;
  }

  get _ids(): number {
    return this.#host.nextAckId();
  }

  set _ids(_incremented) {} // reading it was enough

  _onServerSideEmit(args: unknown[]): void {
    this.#host.onServerSideEmit(args);
  }

  /** What an adapter will be given has been delivered to the clients of this process. */
  delivered(packet: PublishedPacket, target: PublishedTarget): void {
    this.#delivered.set(packet.data, target);
  }

  isDelivered({ data }: PublishedPacket): boolean {
    return this.#delivered.has(data);
  }

  /** An adapter writes the same packets to one socket after the other: they are framed for the first. */
  frame(packets: Packets, compress: boolean): Message {
    if (this.#encoded !== packets || this.#message === null) {
      this.#encoded = packets;
      this.#message = Message.of(packets, compress);
    }
    return this.#message;
  }

  socket(id: string): Socket | undefined {
    return this.#host.sockets.get(id) ?? this.#host.entering.get(id);
  }

  /**
   * An adapter encodes a packet when it is done with its broker and turns to our clients, and reads next who
   * is meant. If these have the packet, that becomes nobody, and it is spared the way to each of them.
   */
  #encode(packet: EventPacket): Packets {
    const target = this.#delivered.get(packet.data);
    if (target === undefined) {
      this.#arrives(packet.data);
      const encoded = this.#host.encode(packet);
      return typeof encoded === 'string' ? [encoded] : encoded;
    }
    target.rooms = NOBODY;
    return NOTHING;
  }

  #view(id: string): HostedSocket | undefined {
    const socket = this.socket(id);
    if (socket === undefined) return undefined;
    let view = this.#views.get(socket);
    if (view === undefined) this.#views.set(socket, (view = new SocketView(socket, this.#host, this)));
    return view;
  }
}
