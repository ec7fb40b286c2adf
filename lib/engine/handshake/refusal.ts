/**
 * The refusal of a handshake: its codes, how it is answered (JSON for a plain request, a bare HTTP response for an
 * upgrade), and how it is logged.
 * Source: the error codes of Engine.IO's server, 0 to 5.
 */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { quote } from '../../errors.js';
import { type Log, ThrottledLog } from '../log.js';
import { clientAddress } from './client-address.js';
import { isLegalOrigin } from './origin-policy.js';
import type { ProxyTrust } from './proxy-trust.js';
import { hostAdvice, NO_UPGRADE_ADVICE, originAdvice, POLLING_ADVICE, versionAdvice } from './refusal-advice.js';

/** The code of a refusal: 0 to 5 are Engine.IO's; 6 and 7 are additions for limits. */
export type RefusalCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** Why a request was refused. `code` and `message` are Engine.IO's; 6 and 7 are additions for limits. */
export interface HandshakeRefusal {
  readonly code: RefusalCode;
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

const STATUSES: { readonly [code in RefusalCode]?: RefusalStatus } = { 4: 403, 6: 503, 7: 429 };

export function refusal(
  code: RefusalCode,
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

/** The text that answers an upgrade request: no browser shows it, but `curl` and the clients of other languages do. */
export function textOf({ message, hint }: Pick<HandshakeRefusal, 'message' | 'hint'>): string {
  return hint === undefined ? message : `${message}: ${hint}`;
}

/** Answers an upgrade request and ends its socket. */
export function refuseUpgrade(
  socket: Duplex,
  refused: Pick<HandshakeRefusal, 'message' | 'hint' | 'retryAfter'>,
  status: RefusalStatus,
): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const { retryAfter } = refused;
  const text = textOf(refused);
  socket.once('finish', () => socket.destroy());
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Connection: close',
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(text)}`,
      ...(retryAfter === undefined ? [] : [`Retry-After: ${retryAfter}`]),
      '',
      text,
    ].join('\r\n'),
  );
}

/** Logs each refusal at debug level, and common mistakes as throttled warnings. */
export class RefusalLog {
  readonly #logger: Log;
  readonly #throttled: ThrottledLog;
  readonly #trust: ProxyTrust | null;

  /** @param trust `null` if no proxy is trusted */
  constructor(logger: Log, now: () => number, trust: ProxyTrust | null = null) {
    this.#logger = logger;
    this.#throttled = new ThrottledLog(now);
    this.#trust = trust;
  }

  write(request: IncomingMessage, refused: HandshakeRefusal): void {
    const { message, context } = refused;
    const { name } = context;
    const fields = {
      address: clientAddress({ headers: request.headers, address: request.socket.remoteAddress ?? '' }, this.#trust),
      reason: typeof name === 'string' ? name : message,
    };
    this.#logger.debug(`refused a client: ${message} ${quote(JSON.stringify(context, errorAsText))}`, fields);
    const warning = this.#warningOf(request, refused);
    const line = warning === null ? null : this.#throttled.pass(warning.kind, warning.text);
    if (line !== null) this.#logger.warn(line, fields);
  }

  /** The warning about a common mistake; `null` for all other refusals. */
  #warningOf(request: IncomingMessage, { code, context }: HandshakeRefusal): { kind: string; text: string } | null {
    const { name, host, protocol } = context;
    if (code === 0) return { kind: 'POLLING', text: POLLING_ADVICE };
    if (code === 5) return { kind: 'VERSION', text: versionAdvice(protocol) };
    if (name === 'TRANSPORT_HANDSHAKE_ERROR') return { kind: name, text: NO_UPGRADE_ADVICE };
    if (name === 'ORIGIN') return { kind: name, text: originAdvice(request, this.#trust) };
    if (name === 'HOST') return { kind: name, text: hostAdvice(request, String(host), this.#trust) };
    return null;
  }
}

/** A replacer for `JSON.stringify`, which would turn an `Error` into `{}`. */
function errorAsText(key: string, value: unknown): unknown {
  return key === 'error' ? String(value) : value;
}
