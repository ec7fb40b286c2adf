/**
 * The errors of this package. Every error that it throws or passes to a callback on purpose is a `SocketIoError`, with
 * a code for programs to compare and a message that says what happened and what to change.
 * This file imports nothing from the rest of the package.
 */

/**
 * Every code with the sentence that docs/errors.md prints for it.
 * @publicApi
 */
export const ERROR_CODES = {
  ACK_INCOMPLETE:
    'Some receivers of a broadcast did not acknowledge it; `responses` has the acknowledgements that arrived.',
  ACK_TIMEOUT: 'The client did not acknowledge in time.',
  ADAPTER_FAILED: 'The adapter of a cluster failed, or the other servers did not answer in time.',
  ALREADY_SERVING: 'The setting cannot be changed once the server accepts clients.',
  CLIENT_GONE: 'The client disconnected before it acknowledged.',
  CONNECTION_REFUSED: 'A handler or middleware refused the client; it receives `connect_error`.',
  DUPLICATE_HANDLER: 'Two handlers are registered for the same event of one namespace.',
  EMIT_ONLY: 'This process has no server: it can send to clients, but cannot receive an answer.',
  HANDLER_FAILED: 'Application code failed on the server during a test; `cause` has the error.',
  INVALID_ARGUMENT: 'An argument of a call does not have the documented form.',
  INVALID_HANDLER: 'A decorated method cannot be used as a handler.',
  INVALID_OPTION: 'The value of an option is invalid.',
  INVALID_SETUP:
    'The application does not import `SocketIoModule.forRoot()` exactly once, or lacks a package that it uses.',
  META_TOO_LARGE: 'The `meta` of a client is larger than presence.metaBytes allows.',
  NODES_SILENT: 'Some servers of the cluster did not answer in time; `responses` has the answers of the others.',
  NOT_CARRIED: 'The message queue of Flask-SocketIO cannot carry this call, or a value in it.',
  NOT_ONE_RECEIVER: '`call` requires exactly one receiver.',
  NOT_RECEIVED: 'An event that a test expected did not arrive, and nothing is running that could still send it.',
  NOT_SETTLED: 'A call on the server did not finish within the time limit of a test.',
  PROTOCOL_ERROR: 'The client violated the protocol; its connection is closed.',
  RATE_LIMITED: 'The client sent more than the rate limit allows.',
  ROOM_NAME_TOO_LONG: 'The name of a room is longer than limits.roomLength allows.',
  RESERVED_EVENT: 'The event name is reserved by the protocol.',
  SERVER_CLOSED: 'The server is closed, or is not attached.',
  SLOW_CLIENT: 'The client reads too slowly; its connection is closed.',
  TOO_MANY_ROOMS: 'The client is in as many rooms as limits.rooms allows.',
  TOO_MANY_ACKS: 'Too many acknowledgements of one client are pending.',
  TOO_MANY_ATTACHMENTS: 'A packet has more binary parts than clients accept.',
  UNKNOWN_OPTION: 'There is no option of this name.',
  VALUE_TOO_DEEP: 'An emitted value refers to itself or is nested too deeply.',
} as const;

/**
 * One of the keys of {@link ERROR_CODES}.
 * @publicApi
 */
export type ErrorCode = keyof typeof ERROR_CODES;

/**
 * The base of every error of this package.
 * @publicApi
 */
export class SocketIoError extends Error {
  /**
   * @param code the kind of failure
   * @param message what happened in this case, who caused it and what to change
   */
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'SocketIoError';
  }
}

/**
 * The peer violated the protocol. Its connection is closed; no other connection is affected.
 * @publicApi
 */
export class ProtocolError extends SocketIoError {
  readonly #limit: string | undefined;

  /** @param limit the name of the limit that was exceeded */
  constructor(message: string, limit?: string) {
    super('PROTOCOL_ERROR', message);
    this.name = 'ProtocolError';
    this.#limit = limit;
  }

  /** The limit of the option `limits` that the peer exceeded, if that is its violation. */
  get limit(): string | undefined {
    return this.#limit;
  }
}

/** @returns a clause that suggests the most similar of `known`, to append to a message; empty if none is similar */
export function didYouMean(name: string, known: Iterable<string>): string {
  let best: string | undefined;
  let least = (name.length <= 3 ? 1 : Math.max(2, Math.floor(name.length / 3))) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), least);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best === undefined ? '' : ` (did you mean "${best}"?)`;
}

/** Cuts a text at 200 characters, for a log line. */
export function cut(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** Makes a string from a client safe for a log line: escaped, quoted and cut at 200 characters. */
export function quote(text: string): string {
  return JSON.stringify(cut(text));
}

/** Makes a name from a client safe for a log line: quoted unless it is short and plain. */
export function label(name: string): string {
  return /^[^\s\p{C}]{1,200}$/u.test(name) ? name : quote(name);
}

/** The Levenshtein distance between two strings; `bound` if their lengths differ by at least that much. */
function editDistance(a: string, b: string, bound: number): number {
  if (Math.abs(a.length - b.length) >= bound) return bound;
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min((previous[j] as number) + 1, (row[j - 1] as number) + 1, substitution));
    }
    previous = row;
  }
  return previous[b.length] as number;
}
