/**
 * The adapter of a namespace that its broker does not know. A published adapter subscribes to several channels for each
 * namespace, so a namespace gets it only when it needs one: when a client is admitted, or when something is sent to the
 * clients of other servers. There are no members until then.
 */
import type { ClientReason } from '../../engine/internal.js';
import type { EventPacket } from '../../protocol/internal.js';
import type { AllAcknowledged } from '../adapter/ack-collector.js';
import type { Adapter, Member, NamespaceAdapter, RemoteSocket, ViewedNamespace } from '../adapter/adapter.js';
import type { BroadcastTarget } from '../adapter/broadcast-target.js';
import { MemberlessAdapter } from '../adapter/memberless-adapter.js';
import type { RecoverableSocket, Recovery, RestoredSession } from '../adapter/recovery.js';

export class DormantAdapter extends MemberlessAdapter implements Adapter {
  readonly recovery: Recovery | null;
  readonly #wake: () => Adapter;

  /**
   * @param wake returns the adapter that carries out an operation. It puts that adapter in the place of this one
   * @param recovers whether the adapter will keep sessions
   */
  constructor(wake: () => Adapter, recovers: boolean) {
    super();
    this.#wake = wake;
    this.recovery = recovers ? new DormantRecovery(wake) : null;
  }

  add(member: Member): void {
    this.#wake().add(member);
  }

  join(member: Member, rooms: readonly string[]): void {
    this.#wake().join(member, rooms);
  }

  broadcast(packet: EventPacket, target: BroadcastTarget): void {
    this.#wake().broadcast(packet, target);
  }

  broadcastWithAck(packet: EventPacket, target: BroadcastTarget, timeout: number, done: AllAcknowledged): void {
    this.#wake().broadcastWithAck(packet, target, timeout, done);
  }

  isOneUnseen(target: BroadcastTarget): boolean {
    return this.#wake().isOneUnseen?.(target) === true;
  }

  fetchSockets(target: BroadcastTarget): Promise<RemoteSocket[]> {
    return this.#wake().fetchSockets(target);
  }

  socketsJoin(target: BroadcastTarget, rooms: readonly string[]): void {
    this.#wake().socketsJoin(target, rooms);
  }

  socketsLeave(target: BroadcastTarget, rooms: readonly string[]): void {
    this.#wake().socketsLeave(target, rooms);
  }

  disconnectSockets(target: BroadcastTarget, close: boolean, reason?: ClientReason): void {
    this.#wake().disconnectSockets(target, close, reason);
  }

  serverSideEmit(args: readonly unknown[]): void {
    this.#wake().serverSideEmit(args);
  }

  view(nsp: ViewedNamespace): NamespaceAdapter {
    return this.#wake().view(nsp);
  }
}

/** Wakes the adapter only for a client that claims a session, which has been in the namespace before. */
class DormantRecovery implements Recovery {
  readonly keepsAny = false;
  readonly isShared = true;
  readonly #wake: () => Adapter;

  constructor(wake: () => Adapter) {
    this.#wake = wake;
  }

  keep(socket: RecoverableSocket): boolean {
    return this.#wake().recovery?.keep(socket) ?? false;
  }

  take(
    pid: string,
    offset: string | undefined,
    userId?: string,
  ): RestoredSession | null | Promise<RestoredSession | null> {
    return offset === undefined ? null : (this.#wake().recovery?.take(pid, offset, userId) ?? null);
  }

  forgetUser(userId: string): void {
    this.#wake().recovery?.forgetUser(userId);
  }

  inOrder(send: () => void): void {
    send();
  }
}
