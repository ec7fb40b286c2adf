/**
 * The tracked clients of this server, in one namespace. This server owns them: it decides when a client that has lost
 * its connection is gone, and sends every change to the other servers. The changes of a turn leave together.
 */
import { type Clock, DeadlineQueue } from '../../engine/internal.js';
import { ALL_SENT } from './other-nodes.js';
import { type ClientChange, wholeClient } from './presence-message.js';
import type { PresenceTable } from './presence-table.js';
import { type ClientOwner, LocalClient, type TrackedClient } from './tracked-client.js';

/** Clients in one message: about 100 kB. */
const CLIENTS_PER_MESSAGE = 1_000;

/** The rooms that a client has joined (`true`) and left since the last message, or all that is known of it. */
type Unsent = Map<string, boolean> | 'whole';

export interface LocalClientsHost {
  readonly clock: Clock;
  /** ms */
  readonly grace: number;
  /** The id of this node; empty without a cluster. */
  readonly node: string;
  /** Sends a message to the presence of this namespace on another node; `null` for all. */
  send(to: string | null, kind: PresenceMessageKind, ...content: readonly unknown[]): void;
  /** Returns a number that is greater than all before. */
  nextVersion(): number;
  /** Runs a task in the next turn of the event loop. */
  defer(task: () => void): void;
}

export type PresenceMessageKind = 'changes' | 'begins' | 'entries' | 'ends';

export class LocalClients {
  readonly #host: LocalClientsHost;
  readonly #table: PresenceTable;
  readonly #owner: ClientOwner;
  readonly #clients = new Map<string, LocalClient>();
  /** Created when it is needed: options may change until the server serves. */
  #queue: DeadlineQueue<LocalClient> | null = null;
  readonly #unsent = new Map<string, Unsent>();
  #isSending = false;
  /** The version of the entries as of the last message; 0 before the first one. */
  #version = 0;
  /** The questions of other nodes that are being answered. */
  readonly #questions = new Map<string, unknown>();
  readonly #emptied: () => void;

  /** @param emptied called when the last client is gone */
  constructor(table: PresenceTable, host: LocalClientsHost, emptied: () => void) {
    this.#table = table;
    this.#host = host;
    this.#emptied = emptied;
    this.#owner = {
      get node() {
        return host.node;
      },
      isLost: false,
    };
  }

  get #lost(): DeadlineQueue<LocalClient> {
    const { grace, clock } = this.#host;
    return (this.#queue ??= new DeadlineQueue(grace, (client) => this.#expired(client), clock));
  }

  get size(): number {
    return this.#clients.size;
  }

  get(id: string): LocalClient | undefined {
    return this.#clients.get(id);
  }

  // --- Changes ---

  /** Adds a client that is connected, in place of the one with its id. */
  add(
    socket: NonNullable<LocalClient['socket']>,
    { user, meta, stamp, since }: Pick<TrackedClient, 'user' | 'meta' | 'stamp' | 'since'>,
  ): LocalClient {
    const { id } = socket;
    const former = this.#clients.get(id);
    const client = new LocalClient(this.#owner, { id, user, meta, stamp, since, state: 'here' });
    client.socket = socket;
    for (const room of socket.rooms) if (room !== id) client.rooms.add(room);
    this.#clients.set(id, client);
    this.#table.add(client);
    if (former !== undefined) {
      this.#lost.delete(former);
      this.#table.remove(former); // after the new one is there, so that its user never leaves
    }
    this.#changed(client);
    return client;
  }

  update(client: LocalClient, meta: unknown, stamp: number): void {
    this.#table.update(client, meta, stamp);
    this.#changed(client);
  }

  joined(client: LocalClient, room: string): void {
    this.#table.join(client, room);
    this.#moved(client, room, true);
  }

  left(client: LocalClient, room: string): void {
    this.#table.leave(client, room);
    this.#moved(client, room, false);
  }

  /** Its connection was lost: it counts for the grace. @param isOver whether it cannot return as this client */
  lose(client: LocalClient, isOver: boolean): void {
    client.state = 'lost';
    client.socket = null;
    client.isOver = isOver;
    this.#changed(client);
    if (this.#host.grace === 0) this.#expired(client);
    else this.#lost.add(client);
  }

  remove(client: LocalClient): void {
    if (this.#clients.get(client.id) !== client) return;
    this.#clients.delete(client.id);
    this.#lost.delete(client);
    if (client.state !== 'away') this.#table.remove(client);
    this.#changed(client);
    if (this.#clients.size === 0) this.#emptied();
  }

  /** Removes the clients of a user that have no connection. */
  forgetUser(userId: string): void {
    for (const client of this.#table.clientsOf(userId)) {
      if (client instanceof LocalClient && client.state === 'lost') this.remove(client);
    }
  }

  close(): void {
    this.#flush();
    this.#lost.clear();
    this.#questions.clear();
    for (const client of this.#clients.values()) if (client.state !== 'away') this.#table.remove(client);
    this.#clients.clear();
    this.#version = 0;
  }

  #expired(client: LocalClient): void {
    if (client.isOver) return this.remove(client);
    this.#table.remove(client);
    client.state = 'away';
    this.#changed(client);
  }

  // --- Messages to the other nodes ---

  /** Sends all entries to a node that asks for them, some in each turn. @param answer called when all are sent */
  sendAll(to: string, question: unknown, answer: (...content: readonly unknown[]) => void): void {
    this.#flush();
    this.#questions.set(to, question);
    this.#host.send(to, 'begins', question, this.#version);
    const rest = this.#clients.values(); // with clients that are added meanwhile
    let part = 0;
    const sendSome = (): void => {
      if (this.#questions.get(to) !== question) return answer(); // the node has asked again
      const entries: ClientChange[] = [];
      for (let next = rest.next(); next.done !== true; next = rest.next()) {
        if (entries.push(wholeClient(next.value)) === CLIENTS_PER_MESSAGE) break;
      }
      if (entries.length > 0) this.#host.send(to, 'entries', question, ++part, entries);
      if (entries.length === CLIENTS_PER_MESSAGE) return this.#host.defer(sendSome);
      this.#questions.delete(to);
      this.#host.send(to, 'ends', question);
      answer(ALL_SENT);
    };
    sendSome();
  }

  #changed({ id }: LocalClient): void {
    if (this.#host.node === '') return;
    this.#unsent.set(id, 'whole');
    this.#sendSoon();
  }

  #moved({ id }: LocalClient, room: string, joined: boolean): void {
    if (this.#host.node === '') return;
    const unsent = this.#unsent.get(id);
    if (unsent === 'whole') return;
    if (unsent === undefined) this.#unsent.set(id, new Map([[room, joined]]));
    else unsent.set(room, joined);
    this.#sendSoon();
  }

  #sendSoon(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    this.#host.defer(() => this.#flush());
  }

  #flush(): void {
    this.#isSending = false;
    let changes: ClientChange[] = [];
    for (const [id, unsent] of this.#unsent) {
      changes.push(this.#changeOf(id, unsent));
      if (changes.length === CLIENTS_PER_MESSAGE) changes = this.#send(changes);
    }
    this.#unsent.clear();
    if (changes.length > 0) this.#send(changes);
  }

  #send(changes: readonly ClientChange[]): [] {
    const version = this.#host.nextVersion();
    this.#host.send(null, 'changes', this.#version, version, changes);
    this.#version = version;
    return [];
  }

  #changeOf(id: string, unsent: Unsent): ClientChange {
    const client = this.#clients.get(id);
    if (client === undefined) return [id];
    if (unsent === 'whole') return wholeClient(client);
    const joined: string[] = [];
    const left: string[] = [];
    for (const [room, isIn] of unsent) (isIn ? joined : left).push(room);
    return [id, joined, left];
  }
}
