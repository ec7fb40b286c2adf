/**
 * A server as a node of a cluster. Whatever one turn of the event loop has for the other servers leaves in one
 * bulletin, through the server's link to its broker. Bulletins of the others are read record by record: broadcasts go
 * to the adapter of their namespace as the frames that clients get, and messages to the methods below.
 *
 * Everything that arrives is checked. Bytes that are no bulletin, a bulletin of another version or codec, and a message
 * that is not as it should be are counted, reported once a minute, and have no effect.
 */
import { hostname } from 'node:os';
import { ClientReason, createId, ThrottledLog, type Timer } from '../../engine/internal.js';
import type { Encoded } from '../../protocol/internal.js';
import {
  type Adapter,
  type AdapterHost,
  type BroadcastTarget,
  type ClusterHealth,
  type ClusterHost,
  type ClusterNode,
  type CodecName,
  MessageDropped,
  type ServerCluster,
} from '../../server/internal.js';
import type { Broker, BrokerFactory, BrokerListener } from '../broker/broker.js';
import { type BroadcastRecord, Bulletin, type BulletinVisitor } from '../bulletin/bulletin.js';
import { BulletinWriter } from '../bulletin/bulletin-writer.js';
import { ownVersion } from '../own-version.js';
import {
  ClusterRecovery,
  keptFor,
  MAX_STORED,
  type RecoveringNode,
  requireEvents,
} from '../recovery/cluster-recovery.js';
import { RecoveringClusterAdapter } from '../recovery/recovering-cluster-adapter.js';
import { ClusterAdapter, type ClusterPort } from './cluster-adapter.js';
import { decodeMessage, encodeMessage, type MessageKind, type Subject } from './messages.js';
import { type Answers, Requests } from './requests.js';
import { HEARTBEAT, type Introduction, Roster } from './roster.js';

/** Characters of a node's id: enough that two nodes never share one. */
const ID_LENGTH = 10;

/** Bytes above which a bulletin is sent before the turn ends, so that it does not grow without bound. */
const MAX_BULLETIN = 500_000;

/** ms within which the other nodes introduce themselves to one that has started. */
const SETTLING = 200;

/** ms for which a node that leaves waits until its farewell is sent. */
const FAREWELL = 500;

/** The number of a codec in bulletins. */
const CODECS: Readonly<Record<CodecName, number>> = { standard: 0, msgpack: 1, custom: 2 };

type Handler = (node: string, args: readonly unknown[]) => void;

export class BrokerCluster implements ServerCluster, ClusterPort, BrokerListener, RecoveringNode {
  // --- Public attributes ---

  readonly host: ClusterHost;
  readonly id = createId().slice(0, ID_LENGTH);
  readonly #recovery: ClusterRecovery | null = null;
  readonly #factory: BrokerFactory;
  readonly #scope: string;
  readonly #roster: Roster;
  readonly #requests: Requests;
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
  /** Bulletins that were sent, and the newest one that has come back from an engine that keeps events. */
  #sent = 0;
  #returned = 0;
  readonly #fences = new Set<() => void>();
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
    this.#roster = new Roster(host.clock, (id) => this.#gone(id));
    this.#requests = new Requests(host.clock);
    this.#throttled = new ThrottledLog(() => host.clock.now());
    this.#ready = new Promise((resolve) => {
      this.#getReady = resolve;
    });
  }

  get nodes(): readonly ClusterNode[] {
    return [{ id: this.id, age: 0, ...this.#introduction }, ...this.#roster.nodes];
  }

  get health(): ClusterHealth {
    const { health } = this.host.link;
    return { ...health, degraded: this.#problem ?? health.degraded, missed: this.#missed };
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
    const sent = Promise.all([this.#flush(), this.#recovery?.close()]);
    this.#closed = true;
    this.#beat?.cancel();
    this.#settling?.cancel();
    this.#requests.close();
    this.#roster.close();
    if (this.#broker === null) return;
    await new Promise<void>((resolve) => {
      const deadline = this.host.clock.after(FAREWELL, resolve);
      void sent.then(() => {
        deadline.cancel();
        resolve();
      });
    });
    await this.#broker.close();
  }

  disconnectUser(userId: string, { code, message }: ClientReason): void {
    this.send('user', userId, { code, message });
  }

  // --- Called by adapters ---

  broadcast(namespace: string, target: BroadcastTarget, wire: Buffer): void {
    this.#bulletin.broadcast(namespace, target, false, wire);
    this.#flushSoon();
  }

  send(kind: MessageKind, ...args: readonly unknown[]): void {
    this.#bulletin.message(encodeMessage(kind, args));
    this.#flushSoon();
  }

  async ask(timeout: number, subject: Subject, ...args: readonly unknown[]): Promise<Answers> {
    const nodes = this.#roster.serving;
    const isAlone = nodes.length === 0 && (this.#isSettled || this.#settling === null); // or not connected yet
    if (isAlone || this.#closed) return { answers: [], silent: [] };
    const { answers, silent } = await new Promise<Answers>((resolve) => {
      this.send('ask', this.#requests.open(nodes, timeout, resolve), subject, ...args);
    });
    return { answers, silent: silent.map((node) => this.#roster.nameOf(node)) };
  }

  get serverCount(): number {
    return this.#roster.serving.length + 1;
  }

  // --- Called by the recovery ---

  keep(namespace: string, target: BroadcastTarget, wire: Buffer): void {
    this.#bulletin.broadcast(namespace, target, true, wire);
    this.#flushSoon();
  }

  fence(timeout: number): Promise<boolean> {
    if (this.#bulletin.isEmpty) this.send('beat');
    const awaited = this.#sent + 1;
    return new Promise((resolve) => {
      const deadline = this.host.clock.after(timeout, () => {
        this.#fences.delete(check);
        resolve(false);
      });
      const check = (): void => {
        if (this.#returned < awaited) return;
        this.#fences.delete(check);
        deadline.cancel();
        resolve(true);
      };
      this.#fences.add(check);
    });
  }

  tookSession(namespace: string, pid: string): void {
    this.send('taken', namespace, pid);
  }

  failed(what: string, error: unknown): void {
    this.host.link.countFailure();
    const line = this.#throttled.pass(what, `${what} failed`);
    if (line !== null) this.host.log.error(line, error);
  }

  // --- Called by the broker ---

  received(bytes: Buffer, position: string | null = null): void {
    let bulletin;
    try {
      bulletin = Bulletin.read(bytes);
    } catch (error) {
      return this.#unreadable(error);
    }
    const { node, sequence, codec } = bulletin;
    if (this.#closed) return;
    if (node === this.id) return this.#receivedOwn(bulletin, bytes.length, position);
    const { isRepeated, isStranger, missed } = this.#roster.arrived(node, sequence);
    if (isRepeated) return;
    if (missed > 0) this.#miss(missed);
    const sameCodec = codec === CODECS[this.host.codecName];
    if (position !== null) this.#recovery?.tail.append(position, bulletin, bytes.length, sameCodec);
    try {
      bulletin.visit(this.#visitorOf(node, sameCodec));
    } catch (error) {
      this.#unreadable(error);
    }
    if (isStranger && this.#roster.nameOf(node) === node) this.send('hello', this.#introduction, true);
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

  get #introduction(): Introduction {
    return { name: `${hostname()}:${process.pid}`, version: ownVersion(), serves: this.host.serves };
  }

  async #open(): Promise<void> {
    const { clock, log, recovery } = this.host;
    const broker = await this.#factory.create({
      clock,
      log,
      scope: this.#scope,
      keepFor: recovery === null ? null : keptFor(recovery),
      keepAtMost: MAX_STORED,
    });
    if (this.#closed) return broker.close();
    this.#broker = broker;
    const opened = broker.open(this);
    this.#getReady(broker);
    await opened;
    if (this.#closed) return;
    this.#problem = null;
    if (broker.store !== null) this.#recovery?.open(broker.store);
    this.#settling = this.host.clock.after(SETTLING, () => {
      this.#isSettled = true;
      this.#requests.settle(this.#roster.serving);
    });
    this.send('hello', this.#introduction, true);
    this.#beatSoon();
  }

  #beatSoon(): void {
    this.#beat = this.host.clock.after(HEARTBEAT, () => {
      if (!this.#hasSent) this.send('beat');
      this.#hasSent = false;
      this.#beatSoon();
    });
  }

  // --- Inside: outgoing ---

  get #bulletin(): BulletinWriter {
    return (this.#writer ??= new BulletinWriter(this.id, CODECS[this.host.codecName]));
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
    this.#sent++;
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

  /** An engine that keeps events returns them all, with their positions. */
  #receivedOwn(bulletin: Bulletin, size: number, position: string | null): void {
    if (position === null || this.#recovery === null || bulletin.sequence <= this.#returned) return;
    this.#returned = bulletin.sequence;
    this.#recovery.tail.append(position, bulletin, size);
    for (const check of this.#fences) check();
  }

  /** @param sameCodec whether our clients understand the frames. Messages between nodes are the same in all codecs */
  #visitorOf(node: string, sameCodec: boolean): BulletinVisitor {
    return {
      broadcast: (record) => {
        try {
          if (!sameCodec) throw new TypeError('the server that sent it has another option "parser" or "json"');
          this.#deliver(node, record);
        } catch (error) {
          this.#unreadable(error); // it has no effect on the records after it
        }
      },
      message: (packet) => {
        try {
          this.#receive(node, packet);
        } catch (error) {
          this.#unreadable(error);
        }
      },
    };
  }

  #deliver(node: string, record: BroadcastRecord): void {
    const { event, index, namespace } = record;
    const offset = event === 0 ? null : (this.#recovery?.tail.deliver(index) ?? null);
    const adapter = this.#adapterOf(namespace);
    if (offset === null) adapter?.receive(record);
    else if (adapter instanceof RecoveringClusterAdapter) adapter.receiveKept(record, node, offset);
  }

  #receive(node: string, packet: Encoded): void {
    const [kind, ...args] = decodeMessage(packet);
    // A kind is a text of another server: a property that all objects have must not be found.
    const handler = Object.hasOwn(this.#handlers, kind) ? this.#handlers[kind as MessageKind] : undefined;
    handler?.(node, args);
  }

  /** A handler throws if its arguments are not as they should be. */
  readonly #handlers: Readonly<Record<MessageKind, Handler>> = {
    hello: (node, [introduction, isAsking]) => {
      this.#roster.introduced(node, checkIntroduction(introduction));
      if (isAsking === true) this.send('hello', this.#introduction, false);
    },
    beat: () => {}, // every bulletin is a sign of life
    bye: (node) => {
      this.#roster.left(node);
      this.#requests.left(node, false);
    },
    join: (_node, [namespace, target, rooms]) => this.#adapterOf(namespace)?.receiveJoin(target, rooms),
    leave: (_node, [namespace, target, rooms]) => this.#adapterOf(namespace)?.receiveLeave(target, rooms),
    drop: (_node, [namespace, target, close, reason]) =>
      this.#adapterOf(namespace)?.receiveDisconnect(target, close === true, reasonOf(reason)),
    user: (_node, [userId, reason]) => {
      if (typeof userId !== 'string') throw new TypeError('the id of a user must be a text');
      this.host.disconnectUser(userId, ClientReason.of(reason as ClientReason));
    },
    servers: (_node, [namespace, event]) => this.#adapterOf(namespace)?.receiveServerSideEmit(event),
    ask: (node, [question, subject, namespace, ...args]) => {
      const adapter = this.#adapterOf(namespace);
      const answer = (...content: readonly unknown[]): void => this.#answer(node, question, content);
      if (adapter === null) answer();
      else adapter.answer(subject as Subject, args, answer);
    },
    taken: (_node, [namespace, pid]) => {
      const adapter = this.#adapterOf(namespace);
      if (adapter instanceof RecoveringClusterAdapter) adapter.sessionTaken(String(pid));
    },
    answer: (node, [to, question, ...content]) => {
      if (to === this.id) this.#requests.answered(question as number, node, content);
    },
  };

  #answer(node: string, question: unknown, content: readonly unknown[]): void {
    if (this.#closed) return;
    try {
      this.send('answer', node, question, ...content);
    } catch (error) {
      this.failed('answering another server', error); // `socket.data` refers to itself, for example
      this.send('answer', node, question);
    }
  }

  #adapterOf(namespace: unknown): ClusterAdapter | null {
    const adapter = this.host.adapterOf(String(namespace));
    return adapter instanceof ClusterAdapter ? adapter : null;
  }

  #gone(node: string): void {
    const line = this.#throttled.pass(
      'silent',
      `a node of the cluster has been silent for too long: ${this.#roster.nameOf(node)}`,
    );
    if (line !== null) this.host.log.warn(line);
    this.#requests.left(node, true);
  }

  #miss(count: number): void {
    this.#missed += count;
    const line = this.#throttled.pass('missed', `messages of other servers did not arrive, ${this.#missed} so far`);
    if (line !== null) this.host.log.warn(line);
  }

  #unreadable(error: unknown): void {
    this.host.link.countUnreadable();
    const line = this.#throttled.pass('unreadable', 'a message from the broker was ignored');
    if (line !== null) this.host.log.warn(`${line}: ${String(error)}`);
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
