/**
 * Channels between the same parts of the servers of a cluster, such as the presence of each server. A part opens its
 * channel once, whether or not the server has a cluster, and learns which other servers there are.
 */
import { SocketIoError } from '../../errors.js';

/** The end of a question to other servers. */
export interface Answers {
  /** The content of each answer. */
  readonly answers: readonly (readonly unknown[])[];
  /** The ids of the nodes that did not answer. */
  readonly silent: readonly string[];
}

/** A part of a server as the same part of another server reaches it. Content is what JSON and binary values can say. */
export interface ChannelListener {
  /** @throws TypeError for content that is not as it should be: it comes from another process */
  received?(node: string, content: readonly unknown[]): void;
  /**
   * Answers a question, now or later.
   * @param answer called once, with nothing if there is nothing to say
   * @throws TypeError
   */
  asked?(node: string, content: readonly unknown[], answer: (...content: readonly unknown[]) => void): void;
  /** A node was heard of for the first time, or again after it had been silent for too long. */
  nodeJoined?(node: string): void;
  /** @param inSilence whether it has vanished, rather than said goodbye. It may return */
  nodeLeft?(node: string, inSilence: boolean): void;
  /** Messages of a node were lost, as its numbers show: what it has said before may be outdated. */
  nodeMissed?(node: string): void;
}

/** The cluster of a server as its channels use it. */
export interface NodeMessages {
  /** The id of this node. */
  readonly id: string;
  /** The ids of the other nodes that serve clients. */
  readonly others: readonly string[];
  /** @param to the id of a node; `null` for all others */
  sendTo(channel: string, to: string | null, content: readonly unknown[]): void;
  /** @param timeout ms */
  askNodes(channel: string, to: string | null, timeout: number, content: readonly unknown[]): Promise<Answers>;
}

/** One end of a channel. */
export class ClusterChannel {
  readonly #name: string;
  readonly #cluster: () => NodeMessages | null;

  constructor(name: string, cluster: () => NodeMessages | null) {
    this.#name = name;
    this.#cluster = cluster;
  }

  /** The id of this node; empty without a cluster. */
  get node(): string {
    return this.#cluster()?.id ?? '';
  }

  /** The ids of the other nodes that serve clients, as far as they are known. */
  get nodes(): readonly string[] {
    return this.#cluster()?.others ?? [];
  }

  /**
   * Sends a message. All messages of a turn leave together, and arrive in order.
   * @param to the id of a node; `null` for all others
   * @throws SocketIoError `VALUE_TOO_DEEP` if the content cannot be encoded
   */
  send(to: string | null, ...content: readonly unknown[]): void {
    this.#cluster()?.sendTo(this.#name, to, content);
  }

  /**
   * Asks a node, or all others that serve clients.
   * @param timeout ms
   */
  async ask(to: string | null, timeout: number, ...content: readonly unknown[]): Promise<Answers> {
    return (await this.#cluster()?.askNodes(this.#name, to, timeout, content)) ?? { answers: [], silent: [] };
  }
}

/** The channels of one server. */
export class Channels {
  readonly #listeners = new Map<string, ChannelListener>();
  readonly #cluster: () => NodeMessages | null;

  constructor(cluster: () => NodeMessages | null) {
    this.#cluster = cluster;
  }

  /** Opens a channel, once for each name. Nodes that are known by then are not reported. */
  open(name: string, listener: ChannelListener): ClusterChannel {
    if (this.#listeners.has(name)) throw new SocketIoError('INVALID_ARGUMENT', `the channel "${name}" is open already`);
    this.#listeners.set(name, listener);
    return new ClusterChannel(name, this.#cluster);
  }

  // --- Called by the cluster ---

  /** Returns the listener of a channel; `undefined` for a channel that this server does not have. */
  of(name: string): ChannelListener | undefined {
    return this.#listeners.get(name);
  }

  nodeJoined(node: string): void {
    for (const listener of this.#listeners.values()) listener.nodeJoined?.(node);
  }

  nodeLeft(node: string, inSilence: boolean): void {
    for (const listener of this.#listeners.values()) listener.nodeLeft?.(node, inSilence);
  }

  nodeMissed(node: string): void {
    for (const listener of this.#listeners.values()) listener.nodeMissed?.(node);
  }
}
