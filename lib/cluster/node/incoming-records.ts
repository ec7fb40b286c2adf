/**
 * Acts on the records of other nodes' bulletins. A broadcast goes to the adapter of its namespace as the frames that
 * clients get; a message calls its handler. A record that is not as it should be is reported to the node and has no
 * effect, and the records after it are still handled.
 */
import { ClientReason } from '../../engine/internal.js';
import type { Encoded } from '../../protocol/internal.js';
import type { ClusterHost } from '../../server/internal.js';
import type { BroadcastRecord, BulletinVisitor } from '../bulletin/bulletin.js';
import { type EventTail, isRecoverable } from '../recovery/event-tail.js';
import { RecoveringClusterAdapter } from '../recovery/recovering-cluster-adapter.js';
import { ClusterAdapter } from './cluster-adapter.js';
import { decodeMessage, type MessageKind, type Subject } from './messages.js';
import type { Requests } from './requests.js';
import type { Introduction, Roster } from './roster.js';

/** The node that receives the records. */
export interface ReceivingNode {
  readonly id: string;
  readonly host: ClusterHost;
  readonly introduction: Introduction;
  readonly roster: Roster;
  readonly requests: Requests;
  /** The kept events; `null` without recovery. */
  readonly tail: EventTail | null;
  /** Sends a message to all other nodes. @throws SocketIoError `VALUE_TOO_DEEP` if it cannot be encoded */
  send(kind: MessageKind, ...args: readonly unknown[]): void;
  failed(what: string, error: unknown): void;
  /** Called when a node says goodbye. */
  left(node: string, inSilence: boolean): void;
  /** Called with the error of a record that is not as it should be. */
  unreadable(error: unknown): void;
}

type Handler = (node: string, args: readonly unknown[]) => void;

export class IncomingRecords {
  readonly #node: ReceivingNode;

  constructor(node: ReceivingNode) {
    this.#node = node;
  }

  // --- Public methods ---

  /**
   * Returns the visitor of a bulletin.
   * @param node the node that sent it
   * @param sameCodec whether our clients understand the frames. Messages between nodes are the same in all codecs
   */
  visitorOf(node: string, sameCodec: boolean): BulletinVisitor {
    return {
      broadcast: (record, context) =>
        this.#contain(() => {
          if (!sameCodec) throw new TypeError('the server that sent it has another option "parser" or "json"');
          this.#inContext(context, record.namespace, () => this.#deliver(node, record));
        }),
      message: (packet, context) => this.#contain(() => this.#handle(node, packet, context)),
    };
  }

  // --- Inside ---

  #contain(receive: () => void): void {
    try {
      receive();
    } catch (error) {
      this.#node.unreadable(error);
    }
  }

  /** Runs a delivery in the trace to which it belongs, if this server records spans. */
  #inContext(context: Uint8Array | null, namespace: string, run: () => void): void {
    const { instruments } = this.#node.host;
    if (context === null || instruments === null) run();
    else if (!instruments.deliver(context, namespace, run))
      this.#node.unreadable(new TypeError('the context of a trace must have 26 bytes'));
  }

  #deliver(node: string, record: BroadcastRecord): void {
    const { index, namespace } = record;
    const offset = isRecoverable(record) ? (this.#node.tail?.deliver(index) ?? null) : null;
    const adapter = this.#adapterOf(namespace);
    if (offset === null) adapter?.receive(record, node);
    else if (adapter instanceof RecoveringClusterAdapter) adapter.receiveKept(record, node, offset);
  }

  #handle(node: string, packet: Encoded, context: Uint8Array | null): void {
    const [kind, ...args] = decodeMessage(packet);
    // A kind is a text of another server: a property that all objects have must not be found.
    const handler = Object.hasOwn(this.#handlers, kind) ? this.#handlers[kind as MessageKind] : undefined;
    const namespace = kind === 'ask' ? args[2] : args[0];
    this.#inContext(context, String(namespace), () => handler?.(node, args));
  }

  /** A handler throws if its arguments are not as they should be. */
  readonly #handlers: Readonly<Record<MessageKind, Handler>> = {
    hello: (node, [introduction, isAsking]) => {
      this.#node.roster.introduced(node, checkIntroduction(introduction));
      if (isAsking === true) this.#node.send('hello', this.#node.introduction, false);
    },
    beat: () => {}, // every bulletin is a sign of life
    bye: (node) => {
      this.#node.roster.left(node);
      this.#node.left(node, false);
    },
    join: (_node, [namespace, target, rooms]) => this.#adapterOf(namespace)?.receiveJoin(target, rooms),
    leave: (_node, [namespace, target, rooms]) => this.#adapterOf(namespace)?.receiveLeave(target, rooms),
    drop: (_node, [namespace, target, close, reason]) =>
      this.#adapterOf(namespace)?.receiveDisconnect(target, close === true, reasonOf(reason)),
    user: (_node, [userId, reason]) => {
      if (typeof userId !== 'string') throw new TypeError('the id of a user must be a text');
      this.#node.host.disconnectUser(userId, ClientReason.of(reason as ClientReason));
    },
    channel: (node, [channel, to, ...content]) => {
      if (to === null || to === this.#node.id) this.#node.host.channels.of(String(channel))?.received?.(node, content);
    },
    servers: (_node, [namespace, event]) => this.#adapterOf(namespace)?.receiveServerSideEmit(event),
    ask: (node, [question, subject, namespace, ...args]) => {
      const answer = (...content: readonly unknown[]): void => this.#answer(node, question, content);
      if (subject === 'channel') return this.#askPart(node, [namespace, ...args], answer);
      const adapter = this.#adapterOf(namespace);
      if (adapter === null) answer();
      else adapter.answer(subject as Subject, args, answer);
    },
    taken: (_node, [namespace, pid]) => {
      const adapter = this.#adapterOf(namespace);
      if (adapter instanceof RecoveringClusterAdapter) adapter.sessionTaken(String(pid));
    },
    answer: (node, [to, question, ...content]) => {
      if (to === this.#node.id) this.#node.requests.answered(question as number, node, content);
    },
  };

  /** A server without the part answers at once: it has nothing to say. */
  #askPart(
    node: string,
    [channel, to, ...content]: readonly unknown[],
    answer: (...content: readonly unknown[]) => void,
  ): void {
    if (to !== null && to !== this.#node.id) return;
    const listener = this.#node.host.channels.of(String(channel));
    if (listener?.asked === undefined) answer();
    else listener.asked(node, content, answer);
  }

  #answer(node: string, question: unknown, content: readonly unknown[]): void {
    try {
      this.#node.send('answer', node, question, ...content);
    } catch (error) {
      this.#node.failed('answering another server', error); // `socket.data` refers to itself, for example
      this.#node.send('answer', node, question);
    }
  }

  #adapterOf(namespace: unknown): ClusterAdapter | null {
    const adapter = this.#node.host.adapterOf(String(namespace));
    return adapter instanceof ClusterAdapter ? adapter : null;
  }
}

/** @throws TypeError */
function checkIntroduction(value: unknown): Introduction {
  const { name, version, serves } = (value ?? {}) as Partial<Introduction>;
  if (typeof name !== 'string' || typeof version !== 'string') throw new TypeError('a node must introduce itself');
  return { name, version, serves: serves !== false };
}

function reasonOf(value: unknown): ClientReason | undefined {
  return value === null || value === undefined ? undefined : ClientReason.of(value as ClientReason);
}
