/**
 * A socket as guards, filters and decorators written for HTTP see it: `switchToHttp().getRequest()` is the
 * client, which has `headers`, `ip` and `user`, and what middlewares put on the request of the handshake; the
 * response takes headers and a status, and keeps none.
 */
import type { ArgumentsHost } from '@nestjs/common';
import type { Socket } from '../../server/index.js';
import { messages } from '../messages.js';

/** What `switchToHttp()` of a context gives: the client, and a response that goes nowhere. */
export function httpViewOf(client: Socket): ReturnType<ArgumentsHost['switchToHttp']> {
  const view = { getRequest: () => asRequest(client), getResponse: () => RESPONSE, getNext: nothing };
  return view as ReturnType<ArgumentsHost['switchToHttp']>;
}

/**
 * The context for a `BaseExceptionFilter` of Nest, which takes the second argument for the response: there
 * it finds one, and not what the client has sent.
 */
export function withResponse<T extends ArgumentsHost>(host: T): T {
  const args = host.getArgs();
  return Object.assign(Object.create(host) as T, {
    getArgByIndex: (index: number): unknown => (index === 1 ? RESPONSE : args[index]),
    switchToWs: () => host.switchToWs(),
  });
}

/**
 * What such code reads beside `headers`, `ip` and `user`; the HTTP request was that of the handshake, so that
 * `body` is none of a message: `switchToWs().getData()` has that.
 */
const REQUEST: PropertyDescriptorMap & ThisType<Socket> = {
  method: { value: 'GET', writable: true },
  params: { get: () => ({}) },
  url: ofHandshake('url'),
  originalUrl: ofHandshake('url'),
  query: ofHandshake('query'),
  get: { value: headerOf },
  header: { value: headerOf },
  // of middlewares
  ...Object.fromEntries(
    ['body', 'cookies', 'signedCookies', 'session', 'sessionID'].map((name) => [name, ofHandshake(name)]),
  ),
  // of passport, as its guards for sessions ask
  isAuthenticated: { value: isAuthenticated },
  isUnauthenticated: { value: isUnauthenticated },
};

function ofHandshake(name: string): PropertyDescriptor & ThisType<Socket> {
  return {
    get() {
      return (this.request as unknown as Readonly<Record<string, unknown>>)[name];
    },
    set(value: unknown) {
      Object.assign(this.request, { [name]: value });
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
  return this.request.headers[name.toLowerCase()];
}

/** Made when first asked for: a client whom no such code sees stays as it is. */
function asRequest(client: Socket): Socket {
  if (!('originalUrl' in client)) {
    for (const [name, descriptor] of Object.entries(REQUEST)) {
      if (!(name in client)) Object.defineProperty(client, name, { configurable: true, ...descriptor });
    }
  }
  return client;
}

function itself(this: unknown): unknown {
  return this;
}

function nothing(): undefined {
  return undefined;
}

function unsendable(): never {
  throw new TypeError(messages.noHttpResponse());
}

/** What may be set on it is forgotten; an answer cannot be sent through it, and saying so is better than silence. */
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
    ].map((name) => [name, itself]),
  ),
  ...Object.fromEntries(['get', 'getHeader', 'getHeaders', 'once', 'on'].map((name) => [name, nothing])),
  ...Object.fromEntries(
    ['end', 'json', 'jsonp', 'redirect', 'render', 'send', 'sendFile', 'sendStatus', 'view', 'write', 'writeHead'].map(
      (name) => [name, unsendable],
    ),
  ),
});
