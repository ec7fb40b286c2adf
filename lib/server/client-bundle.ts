/**
 * Serves the browser files of the stock client, if its package is installed. Any other request goes to the other
 * listeners of the HTTP server; only its path is read here.
 * Source: Socket.IO, `serveClient`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type AnyHttpServer, intercept } from '../engine/internal.js';

const FILES: ReadonlySet<string> = new Set(
  ['socket.io.js', 'socket.io.min.js', 'socket.io.msgpack.min.js', 'socket.io.esm.min.js'].flatMap((file) => [
    file,
    `${file}.map`,
  ]),
);

/** The installed package of the client. */
interface Installed {
  readonly folder: string;
  readonly version: string;
}

export class ClientBundle {
  readonly #prefix: string;
  readonly #find: () => Installed | null;
  /** Set on the first request for a file; `null` if the package is not installed. */
  #installed: Installed | null | undefined;

  /**
   * @param path the path of the server
   * @param find finds the package of the client; called until it is found
   */
  constructor(path: string, find = installedClient) {
    this.#prefix = `${path}/`;
    this.#find = find;
  }

  attach(server: AnyHttpServer): void {
    intercept(server, (request, response) => this.serve(request, response));
  }

  /** Answers a request for one of the files. @returns whether it was one */
  serve(request: IncomingMessage, response: ServerResponse): boolean {
    const { url = '', method } = request;
    if (!url.startsWith(this.#prefix) || (method !== 'GET' && method !== 'HEAD')) return false;
    const [file = ''] = url.slice(this.#prefix.length).split('?', 1);
    if (!FILES.has(file)) return false;
    this.#installed ??= this.#find();
    if (this.#installed === null) return false;
    sendFile(file, this.#installed, request, response).catch((error: unknown) => response.destroy(error as Error));
    return true;
  }
}

async function sendFile(
  file: string,
  { folder, version }: Installed,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { default: send } = await import('send'); // loaded on first use: most servers never need it
  response.setHeader('Access-Control-Allow-Origin', '*'); // a page of another origin may import it as a module
  // By size and date, the default, versions can look alike: package managers give all files the same date.
  response.setHeader('ETag', `"${version}"`);
  send(request, file, { root: folder, index: false, lastModified: false })
    .on('error', ({ status }: { readonly status: number }) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(status).end();
    })
    .pipe(response);
}

/** Finds the package that is installed next to this one, or else the application's. */
export function installedClient(): Installed | null {
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      const require = createRequire(from);
      const manifest = require.resolve('socket.io-client/package.json');
      const { version } = require(manifest) as { readonly version: string };
      return { folder: join(dirname(manifest), 'dist'), version };
    } catch {
      // not installed there
    }
  }
  return null;
}
