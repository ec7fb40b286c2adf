/**
 * The adapter of a namespace in a cluster. Clients of this server are served at once, as without a cluster; the other
 * servers get the frames that were sent to these clients, and deliver them as they are. An operation on the clients of
 * other servers is a message to all of them, and each server selects its own clients.
 */
import { ClientReason, Message } from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';
import { type EventPacket, PacketType } from '../../protocol/internal.js';
import {
  AckCollector,
  AckError,
  type AdapterHost,
  type AllAcknowledged,
  type Answers,
  areTexts,
  type BroadcastTarget,
  type ClusterHost,
  type ClusterReport,
  DistantSocket,
  type Flags,
  IncomingEvent,
  isForOthers,
  isServerReport,
  LocalAdapter,
  messageKey,
  type NamespaceHistory,
  type RemoteSocket,
  sharedHandshake,
} from '../../server/internal.js';
import type { BroadcastRecord } from '../bulletin/bulletin.js';
import { type MessageKind, receivedTarget, sentTarget, type Subject } from './messages.js';
import { NodesSilent } from './nodes-silent.js';

/** The cluster as its adapters use it. */
export interface ClusterPort {
  readonly host: ClusterHost;
  /** The id of this server. */
  readonly id: string;
  /** The number of servers, including this one. */
  readonly serverCount: number;
  /**
   * Sends frames to the clients of other servers.
   * @param isKept whether the event gets a number among the kept events of this server
   * @returns the number; 0 without one
   */
  broadcast(namespace: string, target: BroadcastTarget, wire: Buffer, isKept?: boolean): number;
  /** Sends a message to all other nodes. @throws SocketIoError `VALUE_TOO_DEEP` if it cannot be encoded */
  send(kind: MessageKind, ...args: readonly unknown[]): void;
  /** Asks all other servers. @param timeout ms. Never rejects, unless the question cannot be encoded */
  ask(timeout: number, subject: Subject, ...args: readonly unknown[]): Promise<Answers>;
}

/** A broadcast of another server: the frames that clients get. */
export type IncomingBroadcast = Pick<BroadcastRecord, 'target' | 'wire' | 'event'>;

/** Sends an answer to the node that asks. */
type Answer = (...content: readonly unknown[]) => void;

/** ms to wait for the sockets of other servers and for answers of their listeners, as published adapters do. */
const ANSWER_TIME = 5_000;

/** ms that the other servers have to report, after the time for which they wait for their clients. */
const REPORT_TIME = 1_000;

export class ClusterAdapter extends LocalAdapter {
  protected readonly cluster: ClusterPort;

  constructor(host: AdapterHost, cluster: ClusterPort) {
    super(host);
    this.cluster = cluster;
  }

  // --- Called by the namespace ---

  override broadcast(packet: EventPacket, target: BroadcastTarget): void {
    const message = this.messageOf(packet, target);
    const { volatile = false } = target.flags;
    const { history } = this.host;
    if (history !== null && history.keeps(packet, target)) return this.#say(history, packet, target, message);
    this.each(target, (member) => member.deliver(packet, message, volatile));
    if (isForOthers(target)) this.cluster.broadcast(this.host.name, target, message.wire);
  }

  override broadcastWithAck(
    packet: EventPacket,
    target: BroadcastTarget,
    timeout: number,
    done: AllAcknowledged,
  ): void {
    const acks = new AckCollector(done);
    this.ask(packet, target, timeout, () => acks.expect());
    if (isForOthers(target)) this.#askForAcks(packet, target, timeout, acks.expectSeveral());
    acks.seal();
  }

  /** @throws NodesSilent if a server does not answer; `responses` has the sockets of the others */
  override async fetchSockets(target: BroadcastTarget): Promise<RemoteSocket[]> {
    const local: RemoteSocket[] = this.connected(target);
    if (!isForOthers(target)) return local;
    const lists = await this.#lookUp('sockets', target, local, areDetails);
    const distant = lists.flat().map((details) => new DistantSocket(details, this.host.audience));
    return [...local, ...distant];
  }

  /** @throws NodesSilent */
  override async fetchSocketIds(target: BroadcastTarget): Promise<string[]> {
    const local = await super.fetchSocketIds(target);
    if (!isForOthers(target)) return local;
    return [...local, ...(await this.#lookUp('ids', target, local, areTexts)).flat()];
  }

  /** @throws NodesSilent */
  override async countSockets(target: BroadcastTarget): Promise<number> {
    const local = await super.countSockets(target);
    if (!isForOthers(target)) return local;
    return (await this.#lookUp('count', target, [local], Number.isSafeInteger as IsAnswer<number>)).reduce(
      (sum, count) => sum + count,
      local,
    );
  }

  override socketsJoin(target: BroadcastTarget, rooms: readonly string[]): void {
    super.socketsJoin(target, rooms);
    this.#sendTo(target, 'join', rooms);
  }

  override socketsLeave(target: BroadcastTarget, rooms: readonly string[]): void {
    super.socketsLeave(target, rooms);
    this.#sendTo(target, 'leave', rooms);
  }

  override disconnectSockets(target: BroadcastTarget, close: boolean, reason?: ClientReason): void {
    super.disconnectSockets(target, close, reason);
    const told = reason === undefined ? null : { code: reason.code, message: reason.message };
    this.#sendTo(target, 'drop', close, told);
  }

  override serverSideEmit(args: readonly unknown[]): void {
    const done = args.at(-1);
    const { name } = this.host;
    if (typeof done !== 'function') return this.cluster.send('servers', name, args);
    void this.cluster.ask(ANSWER_TIME, 'listeners', name, args.slice(0, -1)).then(
      ({ answers, silent }) => {
        const responses = answers.filter((answer) => answer.length > 0).map(([response]) => response);
        const error = silent.length === 0 ? null : new NodesSilent(silent, ANSWER_TIME, responses);
        (done as ServersAnswered)(error, responses);
      },
      (error: unknown) => (done as ServersAnswered)(error as Error, []),
    );
  }

  async report(who: string): Promise<ClusterReport> {
    const { answers, silent } = await this.cluster.ask(ANSWER_TIME, 'report', this.host.name, who);
    const others = answers.map(([report]) => report).filter(isServerReport);
    return { reports: [this.host.report(who), ...others], silent };
  }

  serverCount(): number {
    return this.cluster.serverCount;
  }

  // --- Called by the cluster, for the other servers ---

  /** Delivers a broadcast of another server. Most of them have no receiver here, so nothing is made before the first. */
  receive(broadcast: IncomingBroadcast, node = ''): void {
    if (this.host.history === null) this.#deliver(broadcast);
    else this.deliverHeard(broadcast, node, () => this.#deliver(broadcast));
  }

  #deliver(broadcast: IncomingBroadcast): void {
    const { flags } = broadcast.target;
    const { compress = true, volatile = false } = flags;
    let message: Message | null = null;
    let event: IncomingEvent | null = null;
    let keyed: Message | null = null;
    this.each(broadcast.target, (member) => {
      message ??= new Message(broadcast.wire, compress);
      event ??= new IncomingEvent(message, this.host.name, this.cluster.host.codec);
      keyed ??= flags.latest === undefined ? message : this.#keyed(message, event, flags);
      member.deliver(event, keyed, volatile);
    });
  }

  /** @throws TypeError */
  receiveJoin(target: unknown, rooms: unknown): void {
    if (!areTexts(rooms)) throw new TypeError('rooms must be texts');
    super.socketsJoin(receivedTarget(target), rooms);
  }

  /** @throws TypeError */
  receiveLeave(target: unknown, rooms: unknown): void {
    if (!areTexts(rooms)) throw new TypeError('rooms must be texts');
    super.socketsLeave(receivedTarget(target), rooms);
  }

  /** @throws TypeError */
  receiveDisconnect(target: unknown, close: boolean, reason?: ClientReason): void {
    super.disconnectSockets(receivedTarget(target), close, reason);
  }

  /** @throws TypeError */
  receiveServerSideEmit(event: unknown): void {
    if (!Array.isArray(event)) throw new TypeError('an event between servers must be a list');
    this.host.onServerSideEmit(event);
  }

  /**
   * Answers a question, now or later.
   * @param args of the question
   * @param answer called once. An empty answer counts as none of what was asked for
   * @throws TypeError
   */
  answer(subject: Subject, args: readonly unknown[], answer: Answer): void {
    switch (subject) {
      case 'sockets':
        return answer(this.connected(receivedTarget(args[0])).map((member) => detailsOf(member)));
      case 'ids':
        return answer(this.connected(receivedTarget(args[0])).map(({ id }) => id));
      case 'count':
        return answer(this.connected(receivedTarget(args[0])).length);
      case 'acks':
        return this.#answerAcks(args, answer);
      case 'listeners':
        return this.#answerListeners(args[0], answer);
      case 'report':
        return answer(this.host.report(String(args[0])));
      default:
        return answer(); // a question of a later version
    }
  }

  // --- Inside ---

  /** Runs the delivery of a broadcast of another server, which the history keeps if it has to. */
  protected deliverHeard({ target, wire, event }: IncomingBroadcast, node: string, deliver: () => void): void {
    const { history, name } = this.host;
    const message = history === null || event === 0 ? null : new Message(wire, target.flags.compress ?? true);
    if (history === null || message === null) return deliver();
    if (!history.keeps(new IncomingEvent(message, name, this.cluster.host.codec), target)) return deliver();
    history.deliver(history.say(target, message, { node, number: event, isOwn: false }), deliver);
  }

  /** Sends an event that the history keeps to the other servers. @returns its number */
  protected sendNumbered(target: BroadcastTarget, wire: Buffer): number {
    return this.cluster.broadcast(this.host.name, target, wire, true);
  }

  /** Sends an event that the history keeps. It has its number before any client gets it. */
  #say(history: NamespaceHistory, packet: EventPacket, target: BroadcastTarget, message: Message): void {
    const number = this.sendNumbered(target, message.wire);
    const entry = history.say(target, message, { node: this.cluster.id, number, isOwn: true });
    history.deliver(entry, () => this.each(target, (member) => member.deliver(packet, message, false)));
  }

  #sendTo(target: BroadcastTarget, kind: MessageKind, ...args: readonly unknown[]): void {
    if (isForOthers(target)) this.cluster.send(kind, this.host.name, sentTarget(target), ...args);
  }

  /** @param isAnswer whether the content of an answer is as it should be. Another one counts as none */
  async #lookUp<T>(
    subject: Subject,
    target: BroadcastTarget,
    local: readonly unknown[],
    isAnswer: IsAnswer<T>,
  ): Promise<T[]> {
    const { timeout = ANSWER_TIME } = target.flags;
    const { answers, silent } = await this.cluster.ask(timeout, subject, this.host.name, sentTarget(target));
    const found = answers.map(([content]) => content).filter(isAnswer);
    if (silent.length > 0) throw new NodesSilent(silent, timeout, [...local, ...found.flat()]);
    return found;
  }

  /** The message of a latest value, whose key contains the name of the event: it is read from the frames. */
  #keyed({ wire, compress }: Message, { event }: IncomingEvent, flags: Flags): Message {
    return new Message(wire, compress, messageKey(this.host.name, event, flags));
  }

  #askForAcks({ data }: EventPacket, target: BroadcastTarget, timeout: number, done: AllAcknowledged): void {
    const { volatile = false, compress = true } = target.flags;
    const args = [this.host.name, sentTarget(target), data, timeout, volatile, compress];
    void this.cluster.ask(timeout + REPORT_TIME, 'acks', ...args).then(
      ({ answers, silent }) => {
        const reports = answers.filter(isReport);
        const responses = reports.flatMap(([answered]) => answered);
        const expected = reports.reduce((sum, [, count]) => sum + count, 0);
        const failure = reports.find(([, , error]) => error !== null)?.[2] ?? null;
        if (silent.length > 0) {
          return done(new AckError(responses, expected, new NodesSilent(silent, timeout, responses)), responses);
        }
        if (failure === null) return done(null, responses);
        return done(new AckError(responses, expected, new SocketIoError('ACK_TIMEOUT', failure)), responses);
      },
      (error: unknown) => done(new AckError([], 0, error as SocketIoError), []),
    );
  }

  #answerAcks([sent, data, timeout, volatile, compress]: readonly unknown[], answer: Answer): void {
    const target = receivedTarget(sent).with({ volatile: volatile === true, compress: compress !== false });
    if (!Array.isArray(data) || typeof data[0] !== 'string' || typeof timeout !== 'number') {
      throw new TypeError('an event to be acknowledged must have a name and a timeout');
    }
    const packet: EventPacket = { type: PacketType.EVENT, nsp: this.host.name, data: data as EventPacket['data'] & [] };
    super.broadcastWithAck(packet, target, timeout, (error, responses) => {
      const report: AckReport = [
        responses,
        error?.expected ?? responses.length,
        error === null ? null : causeOf(error),
      ];
      answer(...report);
    });
  }

  #answerListeners(event: unknown, answer: Answer): void {
    if (!Array.isArray(event)) throw new TypeError('an event between servers must be a list');
    let isOpen = true;
    const done = (response: unknown): void => {
      if (isOpen) answer(response);
      isOpen = false;
    };
    this.host.onServerSideEmit([...(event as unknown[]), done]);
  }
}

type ServersAnswered = (error: Error | null, responses: readonly unknown[]) => void;

/** The answer of a server on acknowledgements: those of its clients, the number of its receivers, and why some failed. */
type AckReport = readonly [responses: readonly unknown[], expected: number, failure: string | null];

function isReport(answer: readonly unknown[]): answer is AckReport {
  const [responses, expected, failure] = answer;
  const isWhole = Array.isArray(responses) && Number.isSafeInteger(expected);
  return isWhole && (failure === null || typeof failure === 'string');
}

/** Whether the content of an answer is as it should be: it comes from another process. */
type IsAnswer<T> = (content: unknown) => content is T;

type SocketDetails = ConstructorParameters<typeof DistantSocket>[0];

function areDetails(content: unknown): content is SocketDetails[] {
  return Array.isArray(content) && content.every(isDetails);
}

function isDetails(value: unknown): value is SocketDetails {
  const { id, rooms } = (value ?? {}) as Partial<SocketDetails>;
  return typeof id === 'string' && areTexts(rooms);
}

function detailsOf({ id, handshake, rooms, data }: RemoteSocket): SocketDetails {
  return { id, handshake: sharedHandshake(handshake), rooms: [...rooms], data };
}

function causeOf({ cause, message }: AckError): string {
  return cause instanceof Error ? cause.message : message;
}
