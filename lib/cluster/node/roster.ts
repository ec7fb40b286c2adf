/**
 * The other nodes of a cluster. A node is known from its first bulletin, introduced by its `hello`, and gone with its
 * `bye` or when nothing has been heard of it for {@link SILENCE}. It may return, if it was cut off. Bulletins are
 * numbered, so that one that arrives twice is recognised, and one that never arrives is counted.
 */
import type { Clock, Timer } from '../../engine/internal.js';
import type { ClusterNode } from '../../server/internal.js';

/** ms between two signs of life of a node that has nothing else to say. */
export const HEARTBEAT = 3_000;

/** ms without a sign of life after which a node is gone: three heartbeats, and a pause of the broker. */
export const SILENCE = 10_000;

/** ms by which a timer can be late. If it is later, this process has not been running. */
const MAX_DELAY = 1_000;

/** ms for which the number of a node's newest bulletin is remembered after the node has fallen silent. */
const MEMORY = 600_000;

/** The content of a node's `hello`. */
export interface Introduction {
  readonly name: string;
  readonly version: string;
  readonly serves: boolean;
  /** The option `history`, as a text to compare; absent without it. */
  readonly history?: string;
}

interface Peer {
  readonly id: string;
  introduction: Introduction | null;
  /** ms */
  heardAt: number;
  /** Number of its newest bulletin. */
  sequence: number;
  isGone: boolean;
}

/** The findings on a bulletin that has arrived. */
export interface Arrival {
  /** Whether the bulletin has arrived before. */
  readonly isRepeated: boolean;
  /** Whether its node has not introduced itself. */
  readonly isStranger: boolean;
  /** Whether its node was not known, or counted as gone. */
  readonly isNew: boolean;
  /** The number of bulletins of the node before this one that did not arrive. */
  readonly missed: number;
}

export class Roster {
  readonly #clock: Clock;
  readonly #onGone: (id: string) => void;
  readonly #peers = new Map<string, Peer>();
  #timer: Timer | null = null;

  /** @param onGone called when a node has been silent for too long */
  constructor(clock: Clock, onGone: (id: string) => void) {
    this.#clock = clock;
    this.#onGone = onGone;
  }

  /** Notes the arrival of a bulletin. */
  arrived(id: string, sequence: number): Arrival {
    const now = this.#clock.now();
    const peer = this.#peers.get(id);
    if (peer === undefined) {
      this.#peers.set(id, { id, introduction: null, heardAt: now, sequence, isGone: false });
      this.#watch();
      return { isRepeated: false, isStranger: true, isNew: true, missed: 0 };
    }
    const isNew = peer.isGone;
    peer.heardAt = now;
    peer.isGone = false;
    const missed = sequence - peer.sequence - 1;
    if (missed < 0) return { isRepeated: true, isStranger: false, isNew, missed: 0 };
    peer.sequence = sequence;
    return { isRepeated: false, isStranger: peer.introduction === null, isNew, missed };
  }

  introduced(id: string, introduction: Introduction): void {
    const peer = this.#peers.get(id);
    if (peer !== undefined) peer.introduction = introduction;
  }

  /** Forgets a node. */
  left(id: string): void {
    this.#peers.delete(id);
  }

  /** The ids of the nodes that serve clients. A stranger may. */
  get serving(): string[] {
    return this.#present.filter((peer) => peer.introduction?.serves !== false).map(({ id }) => id);
  }

  /** The name of a node, or its id if it has not introduced itself. */
  nameOf(id: string): string {
    return this.#peers.get(id)?.introduction?.name ?? id;
  }

  get nodes(): ClusterNode[] {
    const now = this.#clock.now();
    return this.#present.map(({ id, introduction, heardAt }) => ({
      id,
      name: introduction?.name ?? id,
      version: introduction?.version ?? 'unknown',
      serves: introduction?.serves ?? true,
      age: now - heardAt,
    }));
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#peers.clear();
  }

  get #present(): Peer[] {
    return [...this.#peers.values()].filter(({ isGone }) => !isGone);
  }

  /**
   * Looks for silent nodes while there are nodes. If this process itself has been stopped, or busy for seconds, what the
   * others have said meanwhile has yet to be read: they get another heartbeat.
   */
  #watch(): void {
    const due = this.#clock.now() + HEARTBEAT;
    this.#timer ??= this.#clock.after(HEARTBEAT, () => {
      this.#timer = null;
      const now = this.#clock.now();
      if (now - due > MAX_DELAY) return this.#watch();
      for (const peer of this.#peers.values()) {
        const silence = now - peer.heardAt;
        if (silence >= MEMORY) this.#peers.delete(peer.id);
        if (silence < SILENCE || peer.isGone) continue;
        peer.isGone = true;
        this.#onGone(peer.id);
      }
      if (this.#peers.size > 0) this.#watch();
    });
  }
}
