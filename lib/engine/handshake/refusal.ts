/**
 * The refusal of a handshake: its codes, how it is answered (JSON for a plain request, a bare HTTP response for an
 * upgrade), and how it is logged.
 * Source: the error codes of Engine.IO's server, 0 to 5.
 */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { quote } from '../../errors.js';
import { type Log, ThrottledLog } from '../log.js';
import { isLegalOrigin } from './origin-policy.js';

/** Why a request was refused. `code` and `message` are Engine.IO's; 6 and 7 are additions for limits. */
export interface HandshakeRefusal {
  readonly code: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;
  readonly message: string;
  /** Advice for the developer of the client. */
  readonly hint?: string;
  /** Details for `connection_error` listeners and the log. Never sent to the client. */
  readonly context: Readonly<Record<string, unknown>>;
  /** s after which the client may try again. */
  readonly retryAfter?: number;
  /** `false` if a refusal like it went to the log and the listeners of `connection_error` a moment ago. @default true */
  readonly isReported?: boolean;
}

export type RefusalStatus = 400 | 403 | 429 | 503;

export const REFUSALS = {
  0: 'Transport unknown',
  1: 'Session ID unknown',
  2: 'Bad handshake method',
  3: 'Bad request',
  4: 'Forbidden',
  5: 'Unsupported protocol version',
  6: 'Server is busy',
  7: 'Too many connections',
} as const;

const STATUSES: { readonly [code in HandshakeRefusal['code']]?: RefusalStatus } = { 4: 403, 6: 503, 7: 429 };

export function refusal(
  code: HandshakeRefusal['code'],
  context: HandshakeRefusal['context'],
  hint?: string,
  message: string = REFUSALS[code],
): HandshakeRefusal {
  return { code, message, context, ...(hint === undefined ? {} : { hint }) };
}

export function statusOf({ code }: HandshakeRefusal): RefusalStatus {
  return STATUSES[code] ?? 400;
}

/**
 * Answers a request that is not an upgrade. Any page may read the answer: it contains nothing but the fault of the
 * request, and without the CORS headers the browser would hide it from the developer.
 */
export function refuseRequest(request: IncomingMessage, response: ServerResponse, refused: HandshakeRefusal): void {
  const { origin } = request.headers;
  if (origin !== undefined && isLegalOrigin(origin)) {
    response.setHeader('Access-Control-Allow-Origin', origin);
    response.setHeader('Access-Control-Allow-Credentials', 'true');
    response.setHeader('Vary', 'Origin');
  }
  if (request.method === 'OPTIONS') {
    response.setHeader('Access-Control-Allow-Methods', 'GET, POST');
    response.setHeader('Access-Control-Allow-Headers', 'Authorization, Content-Type');
    response.writeHead(204).end();
    return;
  }
  const { code, message, hint, retryAfter } = refused;
  const body = JSON.stringify({ code, message, hint });
  response.writeHead(statusOf(refused), {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    ...(retryAfter === undefined ? {} : { 'Retry-After': retryAfter }),
    ...(request.httpVersionMajor < 2 ? { Connection: 'close' } : {}), // HTTP/2 has no such header
  });
  response.end(body);
}

/** Whether a request is the CORS preflight that a browser sends before the request of a page. */
export function isPreflight(request: IncomingMessage): boolean {
  return request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
}

/** Answers an upgrade request and ends its socket. */
export function refuseUpgrade(
  socket: Duplex,
  { message, retryAfter }: Pick<HandshakeRefusal, 'message' | 'retryAfter'>,
  status: RefusalStatus,
): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.once('finish', () => socket.destroy());
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Connection: close',
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(message)}`,
      ...(retryAfter === undefined ? [] : [`Retry-After: ${retryAfter}`]),
      '',
      message,
    ].join('\r\n'),
  );
}

/** Logs each refusal at debug level, and common mistakes as throttled warnings. */
export class RefusalLog {
  readonly #logger: Log;
  readonly #throttled: ThrottledLog;

  constructor(logger: Log, now: () => number) {
    this.#logger = logger;
    this.#throttled = new ThrottledLog(now);
  }

  write(request: IncomingMessage, { code, message, context }: HandshakeRefusal): void {
    this.#logger.debug(`refused a client: ${message} ${quote(JSON.stringify(context, errorAsText))}`);
    const warning = warningOf(request, code, context);
    const line = warning === null ? null : this.#throttled.pass(warning.kind, warning.text);
    if (line !== null) this.#logger.warn(line);
  }
}

/** The warning about a common mistake; `null` for all other refusals. */
function warningOf(
  { headers }: IncomingMessage,
  code: HandshakeRefusal['code'],
  { name, host: named }: HandshakeRefusal['context'],
): { kind: string; text: string } | null {
  const { origin = '', host = '' } = headers;
  if (code === 0) {
    const text = "a client asked for long polling, which is not served: set transports: ['websocket'] in its options";
    return { kind: 'POLLING', text };
  }
  if (name === 'ORIGIN') {
    const text = `refused a client from origin ${quote(origin)}: the host of this server is ${quote(host)}; to allow that origin, set cors: { origin: ${quote(origin)} }`;
    return { kind: name, text };
  }
  if (name === 'HOST') {
    const text = `refused a client that asked for the host ${quote(String(named))}: if this server has that name, add it to the option allowedHosts`;
    return { kind: name, text };
  }
  return null;
}

/** A replacer for `JSON.stringify`, which would turn an `Error` into `{}`. */
function errorAsText(key: string, value: unknown): unknown {
  return key === 'error' ? String(value) : value;
}
