/** The connection of the page: a client of the product itself, in a namespace that a ticket opens. */
import type { Socket } from './client.js';
import type { Traffic } from './answers.js';

/**
 * How the page is connected:
 *
 * - `connecting`: for the first time
 * - `connected`
 * - `lost`: it is trying to reconnect
 * - `refused`: the visitor may not see the page, or not any longer
 * - `broken`: the server offers no client
 */
export type ConnectionState = 'connecting' | 'connected' | 'lost' | 'refused' | 'broken';

/** An answer that is an error. */
export class Refusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** ms until an unanswered request fails. */
const TIMEOUT = 10_000;

/** ms until another attempt, where the client itself makes none. */
const RETRY = 2_000;

export class Connection {
  onState: (state: ConnectionState) => void = () => {};
  onTraffic: (traffic: Traffic) => void = () => {};
  #state: ConnectionState = 'connecting';
  #socket: Socket | null = null;
  /** Refusals since the last success. A ticket may have expired on its way, so the first one is tried again. */
  #refusals = 0;

  get state(): ConnectionState {
    return this.#state;
  }

  /**
   * @param path the path of the Socket.IO server
   * @param namespace the namespace of the page
   */
  async open(path: string, namespace: string): Promise<void> {
    let io: typeof import('./client.js').io;
    try {
      ({ io } = await import('./client.js'));
    } catch {
      this.#become('broken');
      return;
    }
    const socket = io(namespace, {
      path,
      transports: ['websocket'],
      reconnectionDelay: 500,
      reconnectionDelayMax: 5_000,
      auth: (send) => void this.#authenticate(send),
    });
    this.#socket = socket;
    socket.on('connect', () => {
      this.#refusals = 0;
      this.#become('connected');
    });
    socket.on('disconnect', () => this.#interrupted());
    socket.on('connect_error', () => {
      if (socket.active) this.#become('lost');
      else if (this.#refusals++ === 0) this.#retry();
      else this.#become('refused');
    });
    socket.on('traffic', (traffic: Traffic) => this.onTraffic(traffic));
  }

  /** Tries again after a refusal. */
  reconnect(): void {
    this.#refusals = 0;
    this.#become('connecting');
    this.#socket?.disconnect().connect();
  }

  /**
   * Requests something from the server.
   * @throws Refusal with the code of the server, or `lost` if no answer came
   */
  async ask<Answer>(event: string, ...args: readonly unknown[]): Promise<Answer> {
    const socket = this.#socket;
    if (socket === null || this.#state !== 'connected') throw new Refusal('lost', 'Not connected to the server');
    let answer: unknown;
    try {
      answer = await socket.timeout(TIMEOUT).emitWithAck(event, ...args);
    } catch {
      throw new Refusal('lost', 'The server did not answer');
    }
    const error = (answer as { readonly error?: { readonly code: string; readonly message?: string } } | null)?.error;
    if (error !== undefined) throw new Refusal(error.code, error.message ?? error.code);
    return answer as Answer;
  }

  /** Fetches a ticket. A page that gets none may not connect: the session is over. */
  async #authenticate(send: (auth: object) => void): Promise<void> {
    let response: Response;
    try {
      response = await fetch('ticket', { cache: 'no-store' });
    } catch {
      this.#socket?.disconnect();
      this.#become('lost');
      this.#retry();
      return;
    }
    try {
      if (!response.ok) throw new Error(response.statusText);
      send((await response.json()) as object); // a redirect to a login page is no JSON
    } catch {
      this.#become('refused');
      this.#socket?.disconnect();
    }
  }

  #interrupted(): void {
    if (this.#state === 'refused') return;
    this.#become('lost');
    if (this.#socket?.active === false) this.#retry(); // disconnected by the server
  }

  #retry(): void {
    setTimeout(() => {
      if (this.#state !== 'refused') this.#socket?.connect();
    }, RETRY);
  }

  #become(state: ConnectionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.onState(state);
  }
}
