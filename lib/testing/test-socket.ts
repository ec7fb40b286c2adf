/** A test client in one namespace, without its types: what it sends, what comes, and what it waits for. */
import { contain } from '../engine/index.js';
import { SocketIoError } from '../errors.js';
import { type EventPacket, type Packet, PacketType, type Refusal } from '../protocol/index.js';
import { ConnectionRefused, type Socket } from '../server/index.js';
import type { Claim, Expectation } from './expectation.js';
import { Inbox } from './received-events.js';
import type { Link, Member, TestDisconnectReason } from './test-connection.js';

export type Answer = (...args: unknown[]) => unknown;

/** Something that a test waits for. */
interface Hope {
  /** Why it has not come, once everything has settled. */
  readonly missing: () => string;
  /** What cannot be any more when the client has gone. */
  readonly lost: string;
  readonly within?: number | undefined;
  readonly isPromised?: (() => boolean) | undefined;
}

export class Membership implements Member {
  readonly link: Link;
  readonly nsp: string;
  readonly inbox = new Inbox();
  /** The socket's id; empty until the server lets the client in. */
  id = '';
  /** Why the stay has ended. */
  reason: TestDisconnectReason | null = null;
  readonly #answers = new Map<string, Answer>();
  /** What the server owes, by id. */
  readonly #acks = new Map<number, (answer: readonly unknown[]) => void>();
  /** What the client owes. */
  readonly #questions = new Set<() => void>();
  #waiting: { readonly claim: Claim<never>; readonly lost: string }[] = [];
  #mourners: Claim<TestDisconnectReason>[] = [];
  #joining: Claim<void> | null = null;
  #nextAckId = 0;

  constructor(link: Link, nsp: string) {
    this.link = link;
    this.nsp = nsp;
  }

  get connected(): boolean {
    return this.id !== '' && this.reason === null;
  }

  /** @throws ConnectionRefused when the server refuses; SocketIoError `NOT_RECEIVED` when it does not answer */
  async join(auth: Readonly<Record<string, unknown>> | undefined): Promise<void> {
    this.link.enter(this.nsp, this);
    try {
      await this.expect<void>(
        (claim) => {
          this.#joining = claim;
          this.link.send({ type: PacketType.CONNECT, nsp: this.nsp, data: auth });
        },
        { missing: () => `${this.nsp} did not answer the CONNECT`, lost: 'the CONNECT is not answered' },
      );
    } catch (error) {
      this.link.leave(this.nsp);
      throw error;
    }
  }

  /** @throws SocketIoError `CLIENT_GONE` when it is not connected; whatever the codec throws */
  send(data: EventPacket['data'], answered?: (answer: readonly unknown[]) => void): void {
    if (!this.connected) throw this.#gone(`"${data[0]}" cannot be sent`);
    const id = answered === undefined ? undefined : this.#nextAckId++;
    this.link.send({ type: PacketType.EVENT, nsp: this.nsp, id, data });
    if (id !== undefined && answered !== undefined) this.#acks.set(id, answered);
  }

  /** From now on, questions of that name are answered with what `answer` returns. */
  answer(event: string, answer: Answer): void {
    this.#answers.set(event, answer);
  }

  expect<T>(begin: (claim: Claim<T>) => void, { missing, lost, within, isPromised }: Hope): Expectation<T> {
    return this.link.stage.expect<T>(
      (claim) => {
        begin(claim);
        if (this.reason !== null && claim.isOpen()) claim.reject(this.#gone(lost));
        this.#waiting = this.#waiting.filter((each) => each.claim.isOpen());
        this.#waiting.push({ claim, lost });
      },
      () => new SocketIoError('NOT_RECEIVED', missing()),
      { timeout: this.link.timeout, within, isPromised },
    );
  }

  /** Sends an event; resolves with the first argument of its acknowledgement. */
  ask(data: EventPacket['data']): Promise<unknown> {
    const what = `"${data[0]}" was not acknowledged`;
    const timeout = `within ${this.link.timeout} ms`;
    return this.expect(({ resolve }) => this.send(data, ([value]) => resolve(value)), {
      missing: () => `${what} in ${this.nsp}: ${this.#isHandled(data[0]) ? timeout : 'nobody handles it'}`,
      lost: what,
      isPromised: () => this.#isHandled(data[0]), // its handler may answer from a callback
    });
  }

  /** The server's side. */
  get socket(): Socket | undefined {
    return this.connected ? this.link.stage.server.of(this.nsp).sockets.get(this.id) : undefined;
  }

  /** Resolves with the reason when the stay has ended. */
  ended(within: number | undefined): Expectation<TestDisconnectReason> {
    return this.link.stage.expect(
      (claim) => {
        if (this.reason === null) this.#mourners.push(claim);
        else claim.resolve(this.reason);
      },
      () => new SocketIoError('NOT_RECEIVED', `the client is still connected to ${this.nsp}; ${this.inbox.describe()}`),
      { timeout: this.link.timeout, within },
    );
  }

  /** Leaves the namespace; with the last one, the connection ends. */
  leave(): void {
    if (!this.connected) return;
    this.link.send({ type: PacketType.DISCONNECT, nsp: this.nsp });
    this.link.leave(this.nsp);
    this.lost('io client disconnect');
  }

  receive(packet: Packet): void {
    switch (packet.type) {
      case PacketType.CONNECT:
        this.id = packet.data?.['sid'] as string;
        return this.#joining?.resolve();
      case PacketType.CONNECT_ERROR:
        return this.#joining?.reject(this.#refused(packet.data as Refusal));
      case PacketType.EVENT:
        return this.#receiveEvent(packet);
      case PacketType.ACK: {
        const id = packet.id as number; // servers answer what was asked
        const answered = this.#acks.get(id);
        this.#acks.delete(id);
        return answered?.(packet.data);
      }
      case PacketType.DISCONNECT:
        this.link.leave(this.nsp);
        return this.lost('io server disconnect');
    }
  }

  lost(reason: TestDisconnectReason): void {
    if (this.reason !== null) return;
    this.reason = reason;
    for (const settle of this.#questions) settle();
    for (const { claim, lost } of this.#waiting) claim.reject(this.#gone(lost));
    for (const mourner of this.#mourners) mourner.resolve(reason);
    this.#waiting = [];
    this.#mourners = [];
  }

  #receiveEvent({ id, data }: EventPacket): void {
    const [event, ...args] = data;
    const answer = this.#answers.get(String(event));
    if (id === undefined) this.inbox.add(data);
    else if (answer === undefined) this.inbox.add([...data, this.#acknowledger(id, event)]);
    else this.#answerWith(answer, args, this.#acknowledger(id, event), event);
  }

  #answerWith(answer: Answer, args: readonly unknown[], acknowledge: Answer, event: string | number): void {
    const what = `the answer of a test to "${event}"`;
    const running = contain(
      async () => {
        const value = await answer(...args);
        acknowledge(...(value === undefined ? [] : [value]));
      },
      (error) => this.link.stage.failed(`${what} failed`, error),
    );
    if (running !== null) this.link.stage.running(what, running);
  }

  /** Answers a question of the server, once. */
  #acknowledger(id: number, event: string | number): (...args: unknown[]) => void {
    const answered = this.link.stage.asked(`"${event}" in ${this.nsp}`);
    const close = (): boolean => {
      answered();
      return this.#questions.delete(close);
    };
    this.#questions.add(close);
    return (...args) => {
      if (close()) this.link.send({ type: PacketType.ACK, nsp: this.nsp, id, data: args });
    };
  }

  #isHandled(event: string | number): boolean {
    const { socket } = this;
    if (socket === undefined) return false;
    return socket.nsp.handles(event) || socket.listenerCount(String(event)) + socket.listenersAny().length > 0;
  }

  #refused({ message, data }: Refusal): ConnectionRefused {
    const cause = this.link.stage.verdict(null); // a failure of ours, which the client is not told
    return new ConnectionRefused(message, data, cause === null ? {} : { cause });
  }

  #gone(what: string): SocketIoError {
    const how = this.reason === null ? 'not connected yet' : this.reason;
    return new SocketIoError('CLIENT_GONE', `${what} in ${this.nsp}: ${how}; ${this.inbox.describe()}`);
  }
}
