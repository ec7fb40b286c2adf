/** A socket of `socket.io-client` without a server: the test plays the server, with the literal events of the protocol. */
import type { StreamSocket } from '../../lib/client/stream-types.js';

type Listener = (...args: never[]) => void;
type Ack = (...answer: unknown[]) => void;

export class FakeStreamSocket implements StreamSocket {
  connected: boolean;
  active = true;
  /** The emitted events, without acknowledgements. */
  readonly sent: unknown[][] = [];
  readonly #acks: Ack[] = [];
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(connected = true) {
    this.connected = connected;
  }

  /** The number of listeners. */
  get listeners(): number {
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }

  emit(event: string, ...args: unknown[]): void {
    const ack = args.at(-1);
    if (typeof ack === 'function') this.#acks.push(args.pop() as Ack);
    this.sent.push([event, ...args]);
  }

  on(event: string, listener: Listener): void {
    this.#listeners.set(event, (this.#listeners.get(event) ?? new Set()).add(listener));
  }

  off(event: string, listener: Listener): void {
    this.#listeners.get(event)?.delete(listener);
  }

  // --- The other side ---

  /** An event arrives, or something happens to the connection. */
  receive(event: string, ...args: unknown[]): void {
    for (const listener of this.#listeners.get(event) ?? []) (listener as Ack)(...args);
  }

  /** The answer to the oldest event that wants one arrives. */
  answer(...answer: unknown[]): void {
    this.#acks.shift()?.(...answer);
  }

  values(id: string, from: number, to: number): void {
    for (let n = from; n <= to; n++) this.receive('stream', id, n, `v${n}`);
  }

  connect(): void {
    this.connected = true;
    this.receive('connect');
  }

  /** The connection ends. Answers that have not arrived never do. */
  lose(reason = 'transport close'): void {
    this.connected = false;
    this.#acks.length = 0;
    this.receive('disconnect', reason);
  }

  /** Returns what was emitted since the last call. */
  takeSent(): unknown[][] {
    return this.sent.splice(0);
  }
}
