/**
 * The tracked clients of the other servers, in one namespace. Each server owns the entries of its clients: it sends its
 * changes to all others, numbered by versions, and all its entries to a server that asks. A change is applied only if it
 * follows the version that is known, so a message that is late or arrives twice cannot bring an entry back; after a gap,
 * the server is asked for all its entries, which replace those that it had.
 *
 * The clients of a server that has left count as lost: if it does not return within the grace, they are removed.
 */
import { type Clock, DeadlineQueue } from '../../engine/internal.js';
import type { Answers } from '../cluster/channels.js';
import { type ReceivedChange, receivedChanges } from './presence-message.js';
import type { PresenceTable } from './presence-table.js';
import { type ClientOwner, TrackedClient } from './tracked-client.js';

/** ms that a server has to send its entries, and after which it is asked again. */
const ANSWER_TIME = 5_000;

/** The answer of a server that has sent all its entries. One without a presence of the namespace answers nothing. */
export const ALL_SENT = 'sent';

/** Another server. */
class OtherNode implements ClientOwner {
  readonly clients = new Map<string, TrackedClient>();
  isLost = false;
  /** The version of its entries that is known; `null` if it must be asked for all of them. */
  version: number | null = null;
  /** The number of the question that it is answering. */
  question: number | null = null;
  /** The number of the last message with entries. */
  part = 0;
  /** The clients that it has not confirmed yet, while it sends all its entries. */
  unconfirmed: Set<string> | null = null;
  isAsked = false;

  constructor(readonly node: string) {}
}

export interface OtherNodesHost {
  readonly clock: Clock;
  /** ms */
  readonly grace: number;
  /** The ids of the nodes in the cluster. */
  readonly nodes: readonly string[];
  /** Asks a node to send its entries, see {@link ALL_SENT}. */
  ask(node: string, timeout: number, question: number): Promise<Answers>;
}

export class OtherNodes {
  readonly #host: OtherNodesHost;
  readonly #table: PresenceTable;
  readonly #nodes = new Map<string, OtherNode>();
  /** Created when it is needed: options may change until the server serves. */
  #queue: DeadlineQueue<OtherNode> | null = null;
  #questions = 0;

  constructor(table: PresenceTable, host: OtherNodesHost) {
    this.#table = table;
    this.#host = host;
    for (const node of host.nodes) this.joined(node);
  }

  /** Returns a client of another server: of those that it was on, that of its most recent `track` or `update`. */
  find(id: string): TrackedClient | null {
    let newest: TrackedClient | null = null;
    for (const { clients } of this.#nodes.values()) {
      const client = clients.get(id);
      if (client !== undefined && (newest === null || client.isNewerThan(newest))) newest = client;
    }
    return newest;
  }

  /** Removes the clients of a user of which no server would notice that they are gone. */
  forgetUser(userId: string): void {
    for (const { isLost, clients } of this.#nodes.values()) {
      if (!isLost) continue;
      for (const client of clients.values()) if (client.user === userId) this.#remove(clients, client);
    }
  }

  close(): void {
    this.#lost.clear();
    for (const node of this.#nodes.values()) this.#forget(node);
  }

  // --- Called by the cluster ---

  joined(id: string): void {
    const node = this.#node(id);
    node.isLost = false;
    this.#lost.delete(node);
    this.#ask(node);
  }

  left(id: string): void {
    const node = this.#nodes.get(id);
    if (node === undefined) return;
    node.isLost = true;
    node.unconfirmed = null;
    if (this.#host.grace === 0 || node.clients.size === 0) this.#forget(node);
    else this.#lost.add(node);
  }

  missed(id: string): void {
    this.#ask(this.#node(id));
  }

  /** @throws TypeError */
  changed(id: string, after: unknown, version: unknown, content: unknown): void {
    const changes = receivedChanges(content);
    if (!Number.isSafeInteger(version)) throw new TypeError('the version of a presence must be a number');
    const node = this.#node(id);
    if (node.version === null || (version as number) <= node.version) {
      if (node.version === null && !node.isAsked) this.#ask(node); // a node that was not known
      return;
    }
    if (after === 0) this.#clear(node); // its presence starts with this change
    else if (after !== node.version) return this.#ask(node);
    node.version = version as number;
    for (const change of changes) this.#apply(node, change);
  }

  /** Called when a node begins to send its entries, as of a version. @throws TypeError */
  begins(id: string, question: unknown, version: unknown): void {
    if (!Number.isSafeInteger(version)) throw new TypeError('the version of a presence must be a number');
    const node = this.#node(id);
    if (question !== node.question) return;
    node.version = version as number;
    node.part = 0;
    node.unconfirmed = new Set(node.clients.keys());
  }

  /** @throws TypeError */
  entries(id: string, question: unknown, part: unknown, content: unknown): void {
    const changes = receivedChanges(content);
    const node = this.#node(id);
    if (question !== node.question || node.unconfirmed === null || part !== node.part + 1) return;
    node.part++;
    for (const change of changes) this.#apply(node, change);
  }

  ends(id: string, question: unknown): void {
    const node = this.#node(id);
    const { unconfirmed, clients } = node;
    if (question !== node.question || unconfirmed === null) return;
    node.unconfirmed = null;
    for (const gone of unconfirmed) this.#remove(clients, clients.get(gone));
  }

  // --- Inside ---

  get #lost(): DeadlineQueue<OtherNode> {
    const { grace, clock } = this.#host;
    return (this.#queue ??= new DeadlineQueue(grace, (node) => this.#forget(node), clock));
  }

  #node(id: string): OtherNode {
    let node = this.#nodes.get(id);
    if (node === undefined) this.#nodes.set(id, (node = new OtherNode(id)));
    return node;
  }

  /** Asks a node for all its entries. Until it begins to send them, its changes are ignored. */
  #ask(node: OtherNode): void {
    node.version = null;
    node.unconfirmed = null;
    node.question = null;
    if (node.isAsked) return; // asked again when the answer is there
    node.isAsked = true;
    const question = (node.question = ++this.#questions);
    void this.#host.ask(node.node, ANSWER_TIME, question).then(({ answers, silent }) => {
      node.isAsked = false;
      const [answer] = answers;
      if (answer !== undefined && answer[0] !== ALL_SENT && node.question === question) this.#hasNone(node);
      const isIncomplete = node.version === null || node.unconfirmed !== null;
      if (isIncomplete && (answer !== undefined || silent.length > 0) && this.#isPresent(node)) this.#ask(node);
    });
  }

  #isPresent(node: OtherNode): boolean {
    return !node.isLost && this.#nodes.get(node.node) === node && this.#host.nodes.includes(node.node);
  }

  /** The node has no presence of this namespace. */
  #hasNone(node: OtherNode): void {
    this.#clear(node);
    node.version = 0;
  }

  #apply(node: OtherNode, change: ReceivedChange): void {
    const { clients, unconfirmed } = node;
    const known = clients.get(change.id);
    unconfirmed?.delete(change.id);
    if (change.kind === 'gone') return this.#remove(clients, known);
    if (change.kind === 'moved') {
      if (known === undefined) return;
      for (const room of change.joined) this.#table.join(known, room);
      for (const room of change.left) this.#table.leave(known, room);
      return;
    }
    const client = new TrackedClient(node, change);
    for (const room of change.rooms) client.rooms.add(room);
    clients.set(client.id, client);
    if (client.state !== 'away') this.#table.add(client);
    if (known !== undefined) this.#table.remove(known); // after the new one is there, so that its user never leaves
  }

  #remove(clients: Map<string, TrackedClient>, client: TrackedClient | undefined): void {
    if (client === undefined) return;
    clients.delete(client.id);
    this.#table.remove(client);
  }

  #clear({ clients }: OtherNode): void {
    for (const client of clients.values()) this.#remove(clients, client);
  }

  #forget(node: OtherNode): void {
    this.#clear(node);
    this.#nodes.delete(node.node);
  }
}
