/** The primary process of Node's cluster, which passes messages from each worker to the others. */
import cluster from 'node:cluster';
import { type ChannelMessage, isChannelMessage, type Port, sendTo } from './channel-message.js';

/** Bytes that wait for one worker at most: a stopped worker must not fill the memory of the primary. */
const MAX_PENDING = 16_000_000;

/** The events of `node:cluster` that the relay listens to. */
export interface WorkerEvents {
  on(event: 'message', listener: (worker: Port, message: unknown) => void): unknown;
  on(event: 'disconnect' | 'exit', listener: (worker: Port) => void): unknown;
}

/** A worker in a channel. */
class Member {
  readonly #port: Port;
  readonly #channel: string;
  #pending = 0;
  #missed = false;

  constructor(port: Port, channel: string) {
    this.#port = port;
    this.#channel = channel;
  }

  /** Passes a message on, or drops it if too many bytes wait. The worker is notified of the gap afterwards. */
  pass(message: ChannelMessage): void {
    const size = message.bytes?.length ?? 0;
    // An idle worker gets a message of any size.
    if (this.#missed || (this.#pending > 0 && this.#pending + size > MAX_PENDING)) {
      this.#missed = true;
      return;
    }
    this.#pending += size;
    sendTo(this.#port, message, () => {
      this.#pending -= size;
      if (!this.#missed || this.#pending > MAX_PENDING / 2) return;
      this.#missed = false;
      sendTo(this.#port, { 'nest-socketio': 'gap', channel: this.#channel });
    });
  }
}

export class Relay {
  readonly #channels = new Map<string, Map<Port, Member>>();

  constructor(events: WorkerEvents) {
    events.on('message', (worker, message) => {
      if (isChannelMessage(message)) this.#receive(worker, message);
    });
    for (const event of ['disconnect', 'exit'] as const) {
      events.on(event, (worker) => {
        for (const channel of this.#channels.keys()) this.#leave(worker, channel);
      });
    }
  }

  #receive(worker: Port, message: ChannelMessage): void {
    const { 'nest-socketio': kind, channel, bytes } = message;
    if (kind === 'message') {
      for (const [other, member] of this.#channels.get(channel) ?? []) {
        if (other !== worker) member.pass(message);
      }
    } else if (kind === 'hello') {
      this.#join(worker, channel);
      sendTo(worker, { 'nest-socketio': 'ready', channel, binary: bytes instanceof Uint8Array });
    } else if (kind === 'bye') this.#leave(worker, channel);
  }

  #join(worker: Port, channel: string): void {
    let members = this.#channels.get(channel);
    if (members === undefined) this.#channels.set(channel, (members = new Map()));
    if (!members.has(worker)) members.set(worker, new Member(worker, channel));
  }

  #leave(worker: Port, channel: string): void {
    const members = this.#channels.get(channel);
    if (members?.delete(worker) === true && members.size === 0) this.#channels.delete(channel);
  }
}

/** Marks a primary process that relays, also if the package is loaded twice. */
const RELAYS = Symbol.for('nest-socketio relays messages of workers');

/**
 * Makes the primary process of Node's cluster relay messages between workers that use `nodeClusterBroker()`. Call it
 * once, before or after the first `cluster.fork()`. Further calls, and calls in a worker, have no effect.
 * @publicApi
 */
export function setupPrimary(): void {
  if (!cluster.isPrimary || Object.hasOwn(cluster, RELAYS)) return;
  Object.defineProperty(cluster, RELAYS, { value: new Relay(cluster as WorkerEvents) });
}
