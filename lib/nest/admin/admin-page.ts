/** Answers the HTTP requests of the admin page, on Express and Fastify alike. */
import { ForbiddenException, NotFoundException } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { Server } from '../../server/internal.js';
import type { AdminConsole } from './admin-console.js';
import type { PageFile, PageFiles } from './page-files.js';

/** The parts of a request that are read. */
export interface PageRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly ip?: string | undefined;
  /** Set by guards such as those of Passport. */
  readonly user?: unknown;
}

/** A host as it may stand in a header. */
const HOST = /^[\w.:[\]-]+$/;

export class AdminPage {
  readonly #console: AdminConsole;
  readonly #files: PageFiles;
  readonly #host: HttpAdapterHost;
  readonly #server: Pick<Server, 'path' | 'userIdOf'>;
  readonly #namespace: string;

  constructor(
    console: AdminConsole,
    files: PageFiles,
    host: HttpAdapterHost,
    server: Pick<Server, 'path' | 'userIdOf'>,
    namespace: string,
  ) {
    this.#console = console;
    this.#files = files;
    this.#host = host;
    this.#server = server;
    this.#namespace = namespace;
  }

  async sendHtml(request: PageRequest, response: unknown): Promise<void> {
    const url = String(this.#host.httpAdapter.getRequestUrl(request));
    const values = { base: baseOf(url), path: this.#server.path(), namespace: this.#namespace };
    this.#send(request, response, await this.#files.html(values));
  }

  /** @throws NotFoundException */
  async sendFile(name: string, request: PageRequest, response: unknown): Promise<void> {
    const file = await this.#files.get(name);
    if (file === undefined) throw new NotFoundException();
    this.#send(request, response, file);
  }

  /** @throws ForbiddenException to a page of another origin, which a liberal CORS configuration lets read the answer */
  sendTicket(request: PageRequest, response: unknown): void {
    const { 'sec-fetch-site': site = 'same-origin' } = request.headers;
    if (site !== 'same-origin' && site !== 'none') throw new ForbiddenException();
    const user = this.#server.userIdOf(request.user) ?? null;
    const ticket = this.#console.tickets.issue({ user, address: request.ip ?? '' });
    this.#send(request, response, { type: 'application/json; charset=utf-8', text: JSON.stringify({ ticket }) });
  }

  /** Not by returning a value, which interceptors of the application may wrap. */
  #send({ headers }: PageRequest, response: unknown, { type, text }: PageFile): void {
    const { httpAdapter } = this.#host;
    for (const [name, value] of Object.entries({ ...HEADERS, 'Content-Security-Policy': policy(headers['host']) })) {
      httpAdapter.setHeader(response, name, value);
    }
    httpAdapter.setHeader(response, 'Content-Type', type);
    httpAdapter.reply(response, text, 200);
  }
}

const HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const;

/** @param host of the request. Older browsers do not take `'self'` for WebSockets */
function policy(host: unknown): string {
  const sockets = typeof host === 'string' && HOST.test(host) ? ` ws://${host} wss://${host}` : '';
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self'${sockets}`,
    "base-uri 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** The base of relative URLs: the page itself as a folder, wherever a proxy has mounted it. */
function baseOf(url: string): string {
  const [path = ''] = url.split('?', 1);
  return path.endsWith('/') ? './' : `${path.slice(path.lastIndexOf('/') + 1)}/`;
}
