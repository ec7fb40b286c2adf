/**
 * A socket as guards, filters and decorators written for HTTP see it. `switchToHttp().getRequest()` is the client,
 * which has `headers`, `ip` and `user`, and the properties that middlewares set on the request of the handshake.
 * Headers and a status that are set on the response are ignored.
 */
import type { ArgumentsHost } from '@nestjs/common';
import type { Socket } from '../../server/internal.js';
import { messages } from '../messages.js';

/** The value of `switchToHttp()` of a context: the client, and a response that sends nothing. */
export function httpViewOf(client: Socket): ReturnType<ArgumentsHost['switchToHttp']> {
  const view = { getRequest: () => asRequest(client), getResponse: () => RESPONSE, getNext: returnUndefined };
  return view as ReturnType<ArgumentsHost['switchToHttp']>;
}

/**
 * The context for Nest's `BaseExceptionFilter`, which expects the response as the second argument. Without this, it
 * would use the data that the client sent.
 */
export function withResponse<T extends ArgumentsHost>(host: T): T {
  const args = host.getArgs();
  return Object.assign(Object.create(host) as T, {
    getArgByIndex: (index: number): unknown => (index === 1 ? RESPONSE : args[index]),
    switchToWs: () => host.switchToWs(),
  });
}

/**
 * The properties that code for HTTP reads, in addition to `headers`, `ip` and `user`. The HTTP request is that of the
 * handshake, so `body` is not the data of an event: `switchToWs().getData()` returns that.
 */
const REQUEST: PropertyDescriptorMap & ThisType<Socket> = {
  method: { value: 'GET', writable: true },
  params: { get: () => ({}) },
  url: ofHandshake('url'),
  originalUrl: ofHandshake('url'),
  query: ofHandshake('query'),
  get: { value: headerOf },
  header: { value: headerOf },
  // set by middlewares
  ...Object.fromEntries(
    ['body', 'cookies', 'signedCookies', 'session', 'sessionID'].map((name) => [name, ofHandshake(name)]),
  ),
  // set by passport, and called by guards that use its sessions
  isAuthenticated: { value: isAuthenticated },
  isUnauthenticated: { value: isUnauthenticated },
};

function ofHandshake(name: string): PropertyDescriptor & ThisType<Socket> {
  return {
    get() {
      return (this.conn.handshakeData as unknown as Readonly<Record<string, unknown>>)[name];
    },
    set(value: unknown) {
      Object.assign(this.conn.handshakeData, { [name]: value });
    },
  };
}

function isAuthenticated(this: Socket): boolean {
  return Boolean(this.user);
}

function isUnauthenticated(this: Socket): boolean {
  return !this.user;
}

function headerOf(this: Socket, name: string): string | string[] | undefined {
  return this.headers[name.toLowerCase()];
}

/** Adds the properties on first use, so a client that is never used as a request stays unchanged. */
function asRequest(client: Socket): Socket {
  if (!('originalUrl' in client)) {
    for (const [name, descriptor] of Object.entries(REQUEST)) {
      if (!(name in client)) Object.defineProperty(client, name, { configurable: true, ...descriptor });
    }
  }
  return client;
}

function returnThis(this: unknown): unknown {
  return this;
}

function returnUndefined(): undefined {
  return undefined;
}

function refuse(): never {
  throw new TypeError(messages.noHttpResponse());
}

/** Ignores headers and status. Throws if code sends a response through it, because that response would be lost. */
const RESPONSE = Object.freeze({
  headersSent: false,
  sent: false,
  statusCode: 200,
  raw: Object.freeze({ headersSent: false }),
  ...Object.fromEntries(
    [
      'append',
      'clearCookie',
      'code',
      'cookie',
      'header',
      'removeHeader',
      'set',
      'setHeader',
      'status',
      'type',
      'vary',
    ].map((name) => [name, returnThis]),
  ),
  ...Object.fromEntries(['get', 'getHeader', 'getHeaders', 'once', 'on'].map((name) => [name, returnUndefined])),
  ...Object.fromEntries(
    ['end', 'json', 'jsonp', 'redirect', 'render', 'send', 'sendFile', 'sendStatus', 'view', 'write', 'writeHead'].map(
      (name) => [name, refuse],
    ),
  ),
});
