/**
 * A server as a node of a cluster. All broadcasts and messages of one turn of the event loop leave in one bulletin,
 * through the server's link to its broker. Bulletins of the others are read record by record, see
 * `incoming-records.ts`.
 *
 * Everything that arrives is checked. Bytes that are no bulletin, a bulletin of another version or codec, and a message
 * that is not as it should be are counted, reported once a minute, and have no effect.
 */
import { type ClientReason, createId, inTime, ThrottledLog, type Timer } from '../../engine/internal.js';
import {
  type Adapter,
  type AdapterHost,
  type Answers,
  type BroadcastTarget,
  type ClusterHealth,
  type ClusterHost,
  type ClusterNode,
  type CodecName,
  type HistoryByNamespace,
  type HistoryStore,
  MessageDropped,
  serverName,
  type ServerCluster,
} from '../../server/internal.js';
import type { Broker, BrokerFactory, BrokerListener } from '../broker/broker.js';
import { Bulletin } from '../bulletin/bulletin.js';
import { BulletinWriter } from '../bulletin/bulletin-writer.js';
import { HistoryLists, listLimits } from '../history/history-lists.js';
import { ownVersion } from '../own-version.js';
import {
  ClusterRecovery,
  keptFor,
  MAX_STORED,
  type RecoveringNode,
  requireEvents,
} from '../recovery/cluster-recovery.js';
import type { EventTail } from '../recovery/event-tail.js';
import { RecoveringClusterAdapter } from '../recovery/recovering-cluster-adapter.js';
import { ClusterAdapter, type ClusterPort } from './cluster-adapter.js';
import { IncomingRecords, type ReceivingNode } from './incoming-records.js';
import { Fences } from './fences.js';
import { encodeMessage, type MessageKind, runsHandlers, type Subject } from './messages.js';
import { Requests } from './requests.js';
import { HEARTBEAT, type Introduction, Roster } from './roster.js';

/** Characters of a node's id: enough that two nodes never share one. */
const ID_LENGTH = 10;

/** Bytes above which a bulletin is sent before the turn ends, so that it does not grow without bound. */
const MAX_BULLETIN = 500_000;

/** ms within which the other nodes introduce themselves to one that has started. */
const SETTLING = 200;

/** ms for which a node that leaves waits until all its messages are sent. The server waits 2 s for the whole end. */
const FAREWELL = 1_000;

/** The number of a codec in bulletins. */
const CODECS: Readonly<Record<CodecName, number>> = { standard: 0, msgpack: 1, custom: 2 };

export class BrokerCluster implements ServerCluster, ClusterPort, BrokerListener, RecoveringNode, ReceivingNode {
  // --- Public attributes ---

  readonly host: ClusterHost;
  readonly id = createId().slice(0, ID_LENGTH);
  readonly roster: Roster;
  readonly requests: Requests;
  readonly #incoming = new IncomingRecords(this);
  readonly #recovery: ClusterRecovery | null = null;
  #lists: HistoryLists | null = null;
  readonly #factory: BrokerFactory;
  readonly #scope: string;
  readonly #throttled: ThrottledLog;
  #writer: BulletinWriter | null = null;
  /** The broker, once it has been created. */
  #broker: Broker | null = null;
  /** Resolves with the broker when it is being opened. */
  readonly #ready: Promise<Broker>;
  #getReady: (broker: Broker) => void = () => {};
  #opening: Promise<void> | null = null;
  /** Whether the other nodes have had the time to introduce themselves. */
  #isSettled = false;
  #flushes = false;
  #settling: Timer | null = null;
  #beat: Timer | null = null;
  /** Whether a bulletin has left since the last heartbeat. */
  #hasSent = false;
  #problem: string | null = 'the broker is not connected yet';
  #missed = 0;
  readonly #fences: Fences;
  #closed = false;

  /** @param scope see {@link BrokerContext} */
  constructor(factory: BrokerFactory, scope: string, host: ClusterHost) {
    this.#factory = factory;
    this.#scope = scope;
    this.host = host;
    if (host.recovery !== null) {
      requireEvents(factory);
      this.#recovery = new ClusterRecovery(this, host, host.recovery);
    }
    if (host.history !== null) this.#lists = this.#createLists();
    this.roster = new Roster(host.clock, (id) => this.#gone(id));
    this.requests = new Requests(host.clock);
    this.#fences = new Fences(host.clock);
    this.#throttled = new ThrottledLog(() => host.clock.now());
    this.#ready = new Promise((resolve) => {
      this.#getReady = resolve;
    });
  }

  get nodes(): readonly ClusterNode[] {
    const { name, version, serves } = this.introduction;
    return [{ id: this.id, age: 0, name, version, serves }, ...this.roster.nodes];
  }

  get health(): ClusterHealth {
    const { health } = this.host.link;
    return { ...health, degraded: this.#problem ?? health.degraded, missed: this.#missed };
  }

  get others(): readonly string[] {
    return this.roster.serving;
  }

  get history(): HistoryStore | null {
    return this.#lists;
  }

  get keptSessions(): number {
    return this.#recovery?.sessions.size ?? 0;
  }

  // --- Public methods ---

  createAdapter(host: AdapterHost): Adapter {
    return this.#recovery === null
      ? new ClusterAdapter(host, this)
      : new RecoveringClusterAdapter(host, this, this.#recovery);
  }

  open(): Promise<void> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    if (this.#broker !== null) this.send('bye');
    const sent = Promise.all([this.#flush(), this.#recovery?.close(), this.#lists?.close()]);
    this.#closed = true;
    this.#beat?.cancel();
    this.#settling?.cancel();
    this.requests.close();
    this.roster.close();
    if (this.#broker === null) return;
    await inTime(sent, FAREWELL, this.host.clock, () => {});
    await this.#broker.close();
  }

  disconnectUser(userId: string, { code, message }: ClientReason): void {
    this.send('user', userId, { code, message });
  }

  sendTo(channel: string, to: string | null, content: readonly unknown[]): void {
    this.send('channel', channel, to, ...content);
  }

  askNodes(channel: string, to: string | null, timeout: number, content: readonly unknown[]): Promise<Answers> {
    const nodes = to === null ? this.roster.serving : [to];
    return this.#ask(nodes, timeout, 'channel', channel, to, ...content);
  }

  // --- Called by adapters ---

  broadcast(namespace: string, target: BroadcastTarget, wire: Buffer, isKept = false, at = 0): number {
    if (this.#closed) return 0;
    this.#carryContext();
    this.#bulletin.broadcast(namespace, target, isKept, wire, at);
    const number = isKept ? this.#bulletin.events : 0;
    this.#flushSoon();
    return number;
  }

  send(kind: MessageKind, ...args: readonly unknown[]): void {
    if (this.#closed) return;
    const packet = encodeMessage(kind, args);
    if (runsHandlers(kind, args)) this.#carryContext();
    this.#bulletin.message(packet);
    this.#flushSoon();
  }

  ask(timeout: number, subject: Subject, ...args: readonly unknown[]): Promise<Answers> {
    return this.#ask(this.roster.serving, timeout, subject, ...args);
  }

  async #ask(
    nodes: readonly string[],
    timeout: number,
    subject: Subject,
    ...args: readonly unknown[]
  ): Promise<Answers> {
    const isAlone = nodes.length === 0 && (this.#isSettled || this.#settling === null); // or not connected yet
    if (isAlone || this.#closed) return { answers: [], silent: [] };
    const { answers, silent } = await new Promise<Answers>((resolve) => {
      const isForOne = subject === 'channel' && args[1] !== null;
      this.send('ask', this.requests.open(nodes, timeout, resolve, isForOne), subject, ...args);
    });
    return { answers, silent: silent.map((node) => this.roster.nameOf(node)) };
  }

  get serverCount(): number {
    return this.roster.serving.length + 1;
  }

  // --- Called by the recovery ---

  fence(timeout: number): Promise<boolean> {
    if (this.#bulletin.isEmpty) this.send('beat');
    return this.#fences.next(timeout);
  }

  tookSession(namespace: string, pid: string): void {
    this.send('taken', namespace, pid);
  }

  failed(what: string, error: unknown): void {
    this.host.link.countFailure();
    const line = this.#throttled.pass(what, `${what} failed`);
    if (line !== null) this.host.log.error(line, error);
  }

  // --- Called by the incoming records ---

  get introduction(): Introduction {
    const { serves, history } = this.host;
    return { name: serverName(), version: ownVersion(), serves, ...(history !== null && { history: textOf(history) }) };
  }

  get tail(): EventTail | null {
    return this.#recovery?.tail ?? null;
  }

  unreadable(error: unknown): void {
    this.host.link.countUnreadable();
    const line = this.#throttled.pass('unreadable', 'a message from the broker was ignored');
    if (line !== null) this.host.log.warn(`${line}: ${String(error)}`);
  }

  otherHistory(node: string): void {
    const line = this.#throttled.pass(
      'other history',
      `all servers and workers must have the same option "history", but that of ${this.roster.nameOf(node)} differs from ` +
        'the one here, so rooms may lack events: pass the same value to SocketIoModule and SocketIoEmitterModule everywhere',
    );
    if (line !== null) this.host.log.warn(line, { node: this.roster.nameOf(node) });
  }

  left(node: string, inSilence: boolean): void {
    this.requests.left(node, inSilence);
    this.#contain(() => this.host.channels.nodeLeft(node, inSilence));
  }

  // --- Called by the broker ---

  received(bytes: Buffer, position: string | null = null): void {
    let bulletin;
    try {
      bulletin = Bulletin.read(bytes);
    } catch (error) {
      return this.unreadable(error);
    }
    const { node, sequence, codec } = bulletin;
    if (this.#closed) return;
    if (node === this.id) return this.#receivedOwn(bulletin, bytes.length, position);
    const { isRepeated, isStranger, isNew, missed } = this.roster.arrived(node, sequence);
    if (isRepeated) return;
    if (isNew) this.#contain(() => this.host.channels.nodeJoined(node));
    if (missed > 0) this.#miss(node, missed);
    const sameCodec = codec === CODECS[this.host.codecName];
    if (position !== null) this.#recovery?.tail.append(position, bulletin, bytes.length, sameCodec);
    try {
      bulletin.visit(this.#incoming.visitorOf(node, sameCodec));
    } catch (error) {
      this.unreadable(error);
    }
    if (isStranger && this.roster.nameOf(node) === node) this.send('hello', this.introduction, true);
  }

  connection(problem: string | null): void {
    if (problem === null && this.#problem !== null && this.#settling !== null) {
      const again = this.#throttled.pass('connected', 'the broker is connected again');
      if (again !== null) this.host.log.log?.(again);
    }
    this.#problem = problem;
    if (problem === null || this.#closed) return;
    const line = this.#throttled.pass('connection', `${problem}: the clients of other servers are not reached`);
    if (line !== null) this.host.log.warn(line);
  }

  /** The numbers of the next bulletins tell how many are missing. */
  gap(): void {
    this.#recovery?.gap();
  }

  // --- Inside: the connection ---

  async #open(): Promise<void> {
    const { clock, log, recovery } = this.host;
    const broker = await this.#factory.create({
      clock,
      log,
      scope: this.#scope,
      keepFor: recovery === null ? null : keptFor(recovery),
      keepAtMost: MAX_STORED,
      lists: listLimits(this.host.history),
    });
    if (this.#closed) return broker.close();
    this.#broker = broker;
    if (broker.lists == null) this.#lists = null; // each node has the history in memory
    const opened = broker.open(this);
    this.#getReady(broker);
    await opened;
    if (this.#closed) return;
    this.#problem = null;
    if (broker.store !== null) this.#recovery?.open(broker.store);
    if (broker.lists != null) this.#lists?.open(broker.lists);
    this.#settling = this.host.clock.after(SETTLING, () => {
      this.#isSettled = true;
      this.requests.settle(this.roster.serving);
    });
    this.send('hello', this.introduction, true);
    this.#beatSoon();
  }

  #beatSoon(): void {
    this.#beat = this.host.clock.after(HEARTBEAT, () => {
      if (!this.#hasSent) this.send('beat');
      this.#hasSent = false;
      this.#beatSoon();
    });
  }

  #createLists(): HistoryLists {
    const { host } = this;
    return new HistoryLists({
      clock: host.clock,
      codecName: host.codecName,
      limits: host.limits,
      failed: (what, error) => this.failed(what, error),
      dropped: () => {
        const line = this.#throttled.pass(
          'history',
          'the oldest events that wait for the history of rooms are dropped',
        );
        if (line !== null) host.log.warn(line, { limit: 'brokerMessages' });
      },
    });
  }

  // --- Inside: outgoing ---

  get #bulletin(): BulletinWriter {
    return (this.#writer ??= new BulletinWriter(this.id, CODECS[this.host.codecName]));
  }

  /** Appends the context of the trace to which the next record belongs, if there is one. */
  #carryContext(): void {
    const context = this.host.instruments?.tracer?.carry() ?? null;
    if (context !== null) this.#bulletin.context(context);
  }

  #flushSoon(): void {
    if (this.#bulletin.size > MAX_BULLETIN) void this.#flush();
    if (this.#flushes || this.#bulletin.isEmpty) return;
    this.#flushes = true;
    setImmediate(() => {
      this.#flushes = false;
      void this.#flush();
    });
  }

  /** Sends the bulletin. @returns a promise that resolves when the broker has taken it, or has not */
  async #flush(): Promise<void> {
    if (this.#writer === null || this.#writer.isEmpty || this.#closed) return;
    const bytes = this.#writer.take();
    this.#fences.sent++;
    this.#hasSent = true;
    try {
      await this.host.link.send(bytes.length, () => this.#publish(bytes));
    } catch (error) {
      if (!(error instanceof MessageDropped)) this.failed('sending to the other servers', error);
    }
  }

  /** Until the broker is being opened, bulletins wait for it. */
  #publish(bytes: Buffer): Promise<void> {
    return this.#broker?.publish(bytes) ?? this.#ready.then((broker) => broker.publish(bytes));
  }

  // --- Inside: incoming ---

  #contain(notify: () => void): void {
    try {
      notify();
    } catch (error) {
      this.failed('following the nodes of the cluster', error);
    }
  }

  /** An engine that keeps events returns them all, with their positions. */
  #receivedOwn(bulletin: Bulletin, size: number, position: string | null): void {
    if (position === null || this.#recovery === null || this.#fences.hasReturned(bulletin.sequence)) return;
    this.#recovery.tail.append(position, bulletin, size);
    this.#fences.returned(bulletin.sequence);
  }

  #gone(node: string): void {
    const line = this.#throttled.pass(
      'silent',
      `a node of the cluster has been silent for too long: ${this.roster.nameOf(node)}`,
    );
    if (line !== null) this.host.log.warn(line, { node: this.roster.nameOf(node) });
    this.left(node, true);
  }

  #miss(node: string, count: number): void {
    this.#missed += count;
    this.#contain(() => this.host.channels.nodeMissed(node));
    const line = this.#throttled.pass('missed', `messages of other servers did not arrive, ${this.#missed} so far`);
    if (line !== null) this.host.log.warn(line);
  }
}

/** The option `history` as a text that is the same for equal options. */
function textOf(history: HistoryByNamespace): string {
  const all = [...history].map(([namespace, { events, size, ttl, keys }]) => {
    const names = events === null ? null : [...events].toSorted();
    return JSON.stringify([namespace, names, size, ttl, keys]);
  });
  return all.toSorted().join();
}
