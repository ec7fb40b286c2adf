/**
 * The reason for a disconnect that a client can read. The engine puts it into the close frame of the WebSocket; the
 * server sends it as an event before the DISCONNECT of a namespace, because that packet has no room for a reason.
 */
import { ProtocolError, SocketIoError } from '../../errors.js';
import { CLOSE_CODES, CLOSE_CODES_OF_ERRORS, type CloseReason, REASON_CLOSE_CODE } from './connection-state.js';

/**
 * The reason of the application: a text for people, or a code for programs and a text.
 * @publicApi
 */
export type ReasonGiven = string | { readonly code: string; readonly message: string };

/** The code of a reason that is given as text alone. */
const DEFAULT_CODE = 'disconnected';

/** Bytes of the text in a close frame: 125 minus the close code (RFC 6455, 5.5). */
const MAX_TEXT = 123;

/** @publicApi */
export class ClientReason {
  constructor(
    /** For programs, as in `expired`. */
    readonly code: string,
    /** For people. */
    readonly message: string,
  ) {}

  /** @throws SocketIoError `INVALID_ARGUMENT` */
  static of(given: ReasonGiven): ClientReason {
    if (given instanceof ClientReason) return given;
    const { code, message } = typeof given === 'string' ? { code: DEFAULT_CODE, message: given } : (given ?? {});
    if (typeof code === 'string' && typeof message === 'string') return new ClientReason(code, message);
    throw new SocketIoError(
      'INVALID_ARGUMENT',
      'the reason of a disconnect must be a text or { code, message }, both texts: the client can read it',
    );
  }

  toString(): string {
    return `${this.code}: ${this.message}`;
  }
}

/**
 * Returns the close code and the text with which a WebSocket is closed.
 * @param description the second part of the reason, which may be anything: only texts that are meant for the client
 *   are put into the frame
 * @returns `null` if the WebSocket is terminated instead
 */
export function closeFrame(reason: CloseReason, description: unknown): readonly [code: number, text: string] | null {
  const error = description instanceof SocketIoError ? CLOSE_CODES_OF_ERRORS[description.code] : undefined;
  const code = error === undefined ? CLOSE_CODES[reason] : error;
  if (code === null) return null;
  if (error !== undefined) return [code, cutToBytes((description as SocketIoError).message)];
  if (description instanceof ClientReason) return [REASON_CLOSE_CODE, cutToBytes(String(description))];
  if (description instanceof ProtocolError) return [code, cutToBytes(description.message)];
  return [code, ''];
}

/** Cuts a text so that it fits into a close frame, without splitting a character. */
function cutToBytes(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_TEXT) return text;
  let end = MAX_TEXT;
  while (((bytes[end] as number) & 0xc0) === 0x80) end--; // a continuation byte of UTF-8
  return bytes.toString('utf8', 0, end);
}
