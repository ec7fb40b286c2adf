/** A client of a rehearsal. It marks its messages, and recognizes the marks of the others wherever they appear. */
import type { Heard, Said } from './ledger.js';
import type { StockClient } from './stock-client.js';
import { Talker } from './talker.js';

/** The name of an event and its arguments. `$room`, `$message` and `$client` in strings are replaced. */
export type EventTemplate = readonly [name: string, ...args: unknown[]];

export interface MemoryOfMessage extends Heard {
  /** ms from the moment at which the message was sent and its hearer was connected */
  readonly delay: number;
}

/** How the clients talk to the deployment. */
export interface Dialect {
  /** The event with which a client joins its room; `null` if clients are in it once they are connected. */
  readonly join: EventTemplate | null;
  /** The event that the deployment sends to the others. */
  readonly send: EventTemplate;
}

/** The parts that the clients of a rehearsal share. */
export interface Conversation {
  /** Part of each mark, so that two rehearsals of one deployment do not mix. */
  readonly run: string;
  readonly dialect: Dialect;
  /** Whether an answer that is an error counts as an answer, because the deployment does not know the event. */
  readonly acceptsErrors: boolean;
  /** The times at which messages were sent, by their marks. ms */
  readonly sentAt: Map<string, number>;
  readonly now: () => number;
  /** Called with each error, and with each answer that refuses an event. */
  readonly onProblem: (reason: string) => void;
}

const MAX_DEPTH = 8;

export class Participant extends Talker<Said, MemoryOfMessage> {
  /** Messages that the deployment refused. */
  rejected = 0;
  /** The last answer; `undefined` before the first one. */
  lastAnswer: { readonly error: string | null } | undefined;
  readonly #conversation: Conversation;
  readonly #mark: RegExp;
  /** When it was connected last; `null` without a connection. ms */
  #backAt: number | null = null;

  constructor(name: string, room: string, client: StockClient, conversation: Conversation) {
    super(name, [room], client, conversation.now);
    this.#conversation = conversation;
    this.#mark = new RegExp(`rehearsal:${conversation.run}:(\\d+\\.\\d+):(\\d+)`);
    client.on('connect_error', (error: Error) => conversation.onProblem(reasonOf(error)));
    client.onAny((_event, ...args) => this.#hear(args));
  }

  /** Whether it is without a connection, and does not reconnect. */
  get hasGivenUp(): boolean {
    return !this.client.connected && !this.client.active;
  }

  protected compose(message: Said): Said {
    this.#conversation.sentAt.set(this.#markOf(message), message.at);
    return message;
  }

  protected speak(message: Said, answered: (isAccepted: boolean) => void): void {
    this.#emit(this.#conversation.dialect.send, message.room, this.#markOf(message), (error) => {
      if (error !== null) this.rejected++;
      answered(error === null);
    });
  }

  protected enter(isIntact: boolean, entered: () => void): void {
    this.#backAt = this.now();
    const { join } = this.#conversation.dialect;
    if (isIntact || join === null) entered();
    else {
      this.#emit(join, this.rooms[0] as string, '', (error) => {
        if (error === null) entered();
      });
    }
  }

  protected override left(): void {
    this.#backAt = null;
  }

  #emit(template: EventTemplate, room: string, mark: string, answered: (error: string | null) => void): void {
    const { acceptsErrors, onProblem } = this.#conversation;
    const [event, ...args] = filled(template, { room, message: mark, client: this.name }) as [string, ...unknown[]];
    this.client.emit(event, ...args, (answer: unknown) => {
      const error = errorOf(answer);
      this.lastAnswer = { error };
      if (error !== null && !acceptsErrors) onProblem(`"${event}" was refused: ${error}`);
      answered(acceptsErrors ? null : error);
    });
  }

  #hear(args: readonly unknown[]): void {
    const match = findMark(args, this.#mark);
    if (match === null) return;
    const [, speaker = '', number] = match;
    if (speaker.startsWith(`${this.name}.`)) return; // its own message
    const heard = { speaker, room: this.rooms[0] as string, number: Number(number) };
    const sentAt = this.#conversation.sentAt.get(match[0]);
    if (sentAt === undefined) return;
    // The stock client emits the events that it missed before "connect".
    const waitedSince = Math.max(sentAt, this.#backAt ?? this.now());
    this.heard.push({ ...heard, delay: this.now() - waitedSince });
  }

  #markOf({ speaker, number }: Said): string {
    return `rehearsal:${this.#conversation.run}:${speaker}:${number}`;
  }
}

/** Returns a copy of a JSON value in whose strings `$name` is replaced by the value of that name. */
export function filled(value: unknown, values: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string')
    return value.replaceAll(/\$(room|message|client)/g, (_all, name) => values[name] ?? '');
  if (Array.isArray(value)) return value.map((item) => filled(item, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item, values)]));
}

/** Returns the first match in the strings of a value. */
function findMark(value: unknown, mark: RegExp, depth = 0): RegExpExecArray | null {
  if (typeof value === 'string') return mark.exec(value);
  if (typeof value !== 'object' || value === null || depth === MAX_DEPTH || ArrayBuffer.isView(value)) return null;
  for (const item of Object.values(value)) {
    const match = findMark(item, mark, depth + 1);
    if (match !== null) return match;
  }
  return null;
}

/** Returns the error that an answer contains, in the form that gateways give it; `null` for any other answer. */
function errorOf(answer: unknown): string | null {
  if (typeof answer !== 'object' || answer === null || !('error' in answer) || !answer.error) return null;
  const { error } = answer;
  if (typeof error === 'string') return error;
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return [code, message].find((part) => typeof part === 'string') ?? JSON.stringify(error);
}

/** The message of a `connect_error`. That of a WebSocket is more exact than the client's `websocket error`. */
function reasonOf(error: Error & { readonly description?: unknown; readonly data?: unknown }): string {
  const { description, data, message } = error;
  const detail = (description as { readonly message?: unknown } | undefined)?.message;
  const code = (data as { readonly code?: unknown } | undefined)?.code;
  if (typeof detail === 'string' && detail !== '') return detail;
  return typeof code === 'string' ? `${message} (${code})` : message;
}
