/**
 * A server's broker in a worker of Node's cluster. The primary process relays its messages. It answers each greeting,
 * which shows that it relays, and that it is not stopped.
 */
import { type Clock, inTime, type Timer } from '../../engine/internal.js';
import type { Broker, BrokerListener } from '../broker/broker.js';
import { brokerClosed } from '../broker/broker-failure.js';
import { ProblemReport } from '../broker/problem-report.js';
import { type ChannelMessage, isChannelMessage, type Port, sendTo } from './channel-message.js';

/** ms between two greetings: until the first answer, and later. */
const GREETING = { first: 1_000, later: 5_000 };

/** ms that {@link NodeClusterChannel.close} waits for messages under way. */
const FLUSH_TIME = 400;

const NO_RELAY =
  'the primary process does not relay messages between workers: call setupPrimary() of nest-socketio in it';
const NO_ANSWER = 'the primary process does not answer';
const NO_PRIMARY = 'this worker is disconnected from the primary process';

/** The `cluster.worker` of this process. */
export interface WorkerPort extends Port {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
  off(event: 'message', listener: (message: unknown) => void): unknown;
  off(event: 'disconnect', listener: () => void): unknown;
}

interface Outgoing {
  readonly bytes: Buffer;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** All open brokers of this process: the primary sends a message to a process once. */
const openBrokers = new Set<NodeClusterChannel>();

export class NodeClusterChannel implements Broker {
  // --- Public attributes ---

  readonly store = null;
  readonly #port: WorkerPort;
  readonly #channel: string;
  readonly #clock: Clock;
  #listener: BrokerListener | null = null;
  #opened: () => void = () => {};
  /** Whether the channel carries binary data; `null` until the primary has answered. */
  #binary: boolean | null = null;
  /** Messages that wait for the first answer of the primary. */
  #waiting: Outgoing[] = [];
  #isUnanswered = false;
  readonly #problem = new ProblemReport<'primary'>();
  #timer: Timer | null = null;
  #isClosed = false;

  constructor(port: WorkerPort, channel: string, clock: Clock) {
    this.#port = port;
    this.#channel = channel;
    this.#clock = clock;
  }

  // --- Public methods ---

  open(listener: BrokerListener): Promise<void> {
    this.#listener = listener;
    this.#problem.open(listener);
    openBrokers.add(this);
    this.#port.on('message', this.#receive);
    this.#port.on('disconnect', this.#disconnected);
    return new Promise((resolve) => {
      this.#opened = resolve;
      if (this.#port.isConnected()) this.#greet();
      else this.#disconnected();
    });
  }

  publish(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const message = { bytes, resolve, reject };
      if (this.#isClosed) reject(brokerClosed());
      else if (this.#binary === null && this.#port.isConnected()) this.#waiting.push(message);
      else this.#send(message);
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listener = null;
    this.#problem.open(null);
    this.#timer?.cancel();
    openBrokers.delete(this);
    this.#port.off('message', this.#receive);
    this.#port.off('disconnect', this.#disconnected);
    for (const { reject } of this.#waiting.splice(0)) reject(brokerClosed());
    // Messages are written in order: once this one is written, so are all others.
    const kind = this.#siblings().length === 0 ? 'bye' : 'hello';
    const written = new Promise<void>((resolve) => sendTo(this.#port, this.#message(kind), resolve));
    await inTime(written, FLUSH_TIME, this.#clock, () => {});
  }

  // --- Inside ---

  #message(kind: ChannelMessage['nest-socketio'], bytes?: Uint8Array | string): ChannelMessage {
    return { 'nest-socketio': kind, channel: this.#channel, ...(bytes !== undefined && { bytes }) };
  }

  #siblings(): readonly NodeClusterChannel[] {
    return [...openBrokers].filter(
      (other) => other !== this && other.#port === this.#port && other.#channel === this.#channel,
    );
  }

  /** Sends a greeting, and the next one later. */
  #greet(): void {
    if (this.#isUnanswered) this.#problem.set('primary', this.#binary === null ? NO_RELAY : NO_ANSWER);
    this.#isUnanswered = true;
    sendTo(this.#port, this.#message('hello', new Uint8Array(1)));
    this.#timer = this.#clock.after(this.#binary === null ? GREETING.first : GREETING.later, () => this.#greet());
  }

  #send({ bytes, resolve, reject }: Outgoing): void {
    if (!this.#port.isConnected()) return reject(new Error(NO_PRIMARY));
    const encoded = this.#binary === true ? bytes : bytes.toString('base64');
    this.#port.send(this.#message('message', encoded), (error) => {
      if (error === null) resolve();
      else reject(error);
    });
    for (const sibling of this.#siblings()) setImmediate(() => sibling.#listener?.received(bytes, null));
  }

  readonly #receive = (message: unknown): void => {
    if (!isChannelMessage(message) || message.channel !== this.#channel) return;
    const { 'nest-socketio': kind, bytes } = message;
    if (kind === 'message') {
      const decoded = decode(bytes);
      if (decoded !== null) this.#listener?.received(decoded, null);
    } else if (kind === 'gap') this.#listener?.gap();
    else if (kind === 'ready') this.#ready(message.binary === true);
  };

  #ready(binary: boolean): void {
    this.#binary = binary;
    this.#isUnanswered = false;
    this.#problem.set('primary', null);
    for (const message of this.#waiting.splice(0)) this.#send(message);
    this.#opened();
  }

  readonly #disconnected = (): void => {
    this.#timer?.cancel();
    this.#problem.set('primary', NO_PRIMARY);
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(NO_PRIMARY));
  };
}

/** @returns `null` for a value that is not bytes */
function decode(bytes: unknown): Buffer | null {
  if (typeof bytes === 'string') return Buffer.from(bytes, 'base64');
  return bytes instanceof Uint8Array ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : null;
}
