/**
 * The presences of a server, by namespace, and their channel to those of the other servers. Without any, nothing is
 * opened and no client is followed.
 */
import type { Clock, Log } from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';
import type { Encoded, EventPacket } from '../../protocol/internal.js';
import type { ClusterChannel, Channels } from '../cluster/channels.js';
import { mergedMeta } from './client-meta.js';
import type { PresenceMessageKind } from './local-clients.js';
import { NamespacePresence, type PresenceHost, type PresenceNamespace } from './namespace-presence.js';
import type { ResolvedPresenceOptions } from './presence-options.js';

/** The server of the presences. Its options may change until it serves. */
export interface PresencesHost {
  readonly channels: Channels;
  readonly options: {
    readonly engine: { readonly clock: Clock; readonly logger: Log };
    readonly codec: { encode(packet: EventPacket): Encoded };
    readonly presence: ResolvedPresenceOptions;
    /** `null` unless the option `adapter` is set. */
    readonly adapter: unknown;
    /** `null` unless connection state recovery is on. */
    readonly recovery: unknown;
  };
  /** The namespaces that clients can be in, by name. */
  readonly namespaces: { get(name: string): PresenceNamespace | undefined };
}

export class Presences {
  readonly #host: PresencesHost;
  readonly #defer: (task: () => void) => void;
  readonly #byName = new Map<string, NamespacePresence>();
  #channel: ClusterChannel | null = null;
  #versions = 0;

  /** @param defer runs a task in the next turn of the event loop */
  constructor(host: PresencesHost, defer: (task: () => void) => void = setImmediate) {
    this.#host = host;
    this.#defer = defer;
  }

  /**
   * Returns the presence of a namespace, which follows its clients from now on.
   * @param of the namespace whose presence is read. If it has been removed, as its last client has left, nothing is kept
   */
  of(name: string, of?: PresenceNamespace): NamespacePresence {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const host = this.#hostOf(name, this.#open());
    const namespace = this.#host.namespaces.get(name);
    if (of !== undefined && of !== namespace) return new NamespacePresence(name, { ...host, nodes: [] }, () => {});
    const presence = new NamespacePresence(name, host, () => this.#drop(presence));
    this.#byName.set(name, presence);
    if (namespace !== undefined) presence.attach(namespace);
    return presence;
  }

  /** Called when clients can enter a namespace. */
  opened(namespace: PresenceNamespace): void {
    if (this.#host.options.presence.auto) this.of(namespace.name);
    this.#byName.get(namespace.name)?.attach(namespace);
  }

  /** Called when a namespace is removed. Clients that have lost their connection still count for their grace. */
  closed({ name }: Pick<PresenceNamespace, 'name'>): void {
    this.#byName.get(name)?.detach();
  }

  /** Removes the clients of a user that have no connection. @param only the name of a namespace; by default, all */
  forgetUser(userId: string, only?: string): void {
    for (const [name, presence] of this.#byName) if (only === undefined || only === name) presence.forgetUser(userId);
  }

  /** Called when the server closes, before it leaves its cluster. */
  close(): void {
    for (const presence of this.#byName.values()) presence.close();
  }

  // --- Inside ---

  #drop(presence: NamespacePresence): void {
    const { namespace } = presence;
    if (this.#byName.get(namespace) !== presence) return; // it was dropped earlier
    presence.close();
    this.#byName.delete(namespace);
  }

  #open(): ClusterChannel {
    if (this.#channel !== null) return this.#channel;
    const { options } = this.#host;
    if (options.adapter !== null && options.recovery !== null) {
      throw new SocketIoError(
        'INVALID_OPTION',
        'presence excludes the option "adapter" together with "connectionStateRecovery": set "broker" instead of "adapter"',
      );
    }
    if (options.adapter !== null) {
      options.engine.logger.warn(
        'presence knows the clients of this server only: to connect servers, set "broker" instead of "adapter"',
      );
    }
    const each = (notify: (presence: NamespacePresence) => void): void => this.#byName.forEach(notify);
    return (this.#channel = this.#host.channels.open('presence', {
      received: (node, content) => this.#received(node, content),
      asked: (node, [name, question], answer) => {
        const presence = this.#byName.get(String(name));
        if (presence === undefined) answer();
        else presence.sendAll(node, question, answer);
      },
      nodeJoined: (node) => each(({ others }) => others.joined(node)),
      nodeLeft: (node) => each(({ others }) => others.left(node)),
      nodeMissed: (node) => each(({ others }) => others.missed(node)),
    }));
  }

  /** @throws TypeError */
  #received(node: string, [kind, name, ...content]: readonly unknown[]): void {
    const others = this.#byName.get(String(name))?.others;
    if (others === undefined) return;
    const [first, second, third] = content;
    switch (kind as PresenceMessageKind) {
      case 'changes':
        return others.changed(node, first, second, third);
      case 'begins':
        return others.begins(node, first, second);
      case 'entries':
        return others.entries(node, first, second, third);
      case 'ends':
        return others.ends(node, first);
      default:
        return undefined; // a message of a later version
    }
  }

  #hostOf(name: string, channel: ClusterChannel): PresenceHost {
    const host = this.#host;
    return {
      get clock() {
        return host.options.engine.clock;
      },
      get options() {
        return host.options.presence;
      },
      get interval() {
        return host.options.presence.interval;
      },
      get grace() {
        return host.options.presence.grace;
      },
      get node() {
        return channel.node;
      },
      get nodes() {
        return channel.nodes;
      },
      get mergeMetas() {
        const { merge, metaBytes } = host.options.presence;
        return merge === null ? null : (metas: readonly unknown[]) => mergedMeta(metas, merge, metaBytes);
      },
      encode: (packet) => host.options.codec.encode(packet),
      send: (to, kind, ...content) => channel.send(to, kind, name, ...content),
      ask: (node, timeout, question) => channel.ask(node, timeout, name, question),
      nextVersion: () => ++this.#versions,
      defer: this.#defer,
      failed: (what, error) =>
        host.options.engine.logger.error(`${what} of ${name} failed`, error, { namespace: name }),
    };
  }
}
