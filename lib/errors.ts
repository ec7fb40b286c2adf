/**
 * Everything that this package throws or hands to a callback on purpose is a `SocketIoError`: a code
 * that programs can compare, and a message that says what happened and what to change.
 * This file knows nothing else of the package.
 */

/** Every code, with the sentence that the documentation prints for it. */
export const ERROR_CODES = {
  ACK_INCOMPLETE: 'Not every receiver of a broadcast acknowledged it; `responses` has the answers that came.',
  ACK_TIMEOUT: 'The client did not acknowledge in time.',
  ADAPTER_FAILED: 'The adapter of a cluster failed, or the other servers did not answer in time.',
  ALREADY_SERVING: 'The setting can be changed only before the server serves.',
  CLIENT_GONE: 'The client left before it acknowledged.',
  CONNECTION_REFUSED: 'A handler or middleware refused the client; it receives `connect_error`.',
  DUPLICATE_HANDLER: 'Two handlers claim the same event of one namespace.',
  EMIT_ONLY: 'This process has no server: it can send to clients, but nobody answers it.',
  HANDLER_FAILED: 'Something failed on the server while a test looked on; `cause` has what was thrown.',
  INVALID_ARGUMENT: 'An argument of a call is not of the documented shape.',
  INVALID_HANDLER: 'A decorated method cannot serve as a handler as it stands.',
  INVALID_OPTION: 'An option has a value that it cannot have.',
  NOT_CARRIED: 'The message queue of Flask-SocketIO has no message for it.',
  NOT_ONE_RECEIVER: '`call` needs exactly one receiver.',
  NOT_RECEIVED: 'What a test waited for did not come, and everything has settled.',
  NOT_SETTLED: 'Something on the server did not end within the time that a test gave it.',
  PROTOCOL_ERROR: 'The client sent something that the protocol does not allow; its connection is closed.',
  RESERVED_EVENT: 'The event name belongs to the protocol.',
  SERVER_CLOSED: 'The server is closed or not attached.',
  SLOW_CLIENT: 'The client does not take what it is sent; its connection is closed.',
  TOO_MANY_ACKS: 'Too many acknowledgements of one client are outstanding.',
  TOO_MANY_ATTACHMENTS: 'A packet has more binary parts than clients accept.',
  UNKNOWN_OPTION: 'An option name is not known.',
  VALUE_TOO_DEEP: 'A value to be sent refers to itself or is nested too deeply.',
} as const;

/** One of the keys of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** The base of every error of this package. */
export class SocketIoError extends Error {
  /**
   * @param code what kind of failure it is
   * @param message what happened here, whose fault it was and what to change
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

/** The peer broke the protocol: its fault, never ours. Closes its connection and nobody else's. */
export class ProtocolError extends SocketIoError {
  constructor(message: string) {
    super('PROTOCOL_ERROR', message);
    this.name = 'ProtocolError';
  }
}

/** The nearest of `known` to `name`, as a clause to append to a message; empty when none is near. */
export function didYouMean(name: string, known: Iterable<string>): string {
  let best: string | undefined;
  let least = (name.length <= 3 ? 1 : Math.max(2, Math.floor(name.length / 3))) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), least);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best === undefined ? '' : ` (did you mean "${best}"?)`;
}

/** A string that a client chose, made safe for a log line: escaped, quoted and cut at 200 characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}

/** A name that a client may have chosen, for a log line: as it is where it is short and plain, else quoted. */
export function label(name: string): string {
  return /^[^\s\p{C}]{1,200}$/u.test(name) ? name : quote(name);
}

/** Levenshtein distance, or `bound` as soon as it cannot be less. */
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
