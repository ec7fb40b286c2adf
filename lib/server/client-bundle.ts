/**
 * Serves the browser files of the stock client, if its package is installed. Any other request goes to the other
 * listeners of the HTTP server; only its path is read here.
 * Source: Socket.IO, `serveClient`.
 */
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { type AnyHttpServer, intercept } from '../engine/internal.js';

const FILES: ReadonlySet<string> = new Set(
  ['socket.io.js', 'socket.io.min.js', 'socket.io.msgpack.min.js', 'socket.io.esm.min.js'].flatMap((file) => [
    file,
    `${file}.map`,
  ]),
);

/** The content encodings, in order of preference. */
const ENCODERS = { br: promisify(brotliCompress), gzip: promisify(gzip) } as const;

/** The installed package of the client. */
interface Installed {
  readonly folder: string;
  readonly version: string;
}

export class ClientBundle {
  readonly #prefix: string;
  /** Bodies by encoding and file. Each is read and compressed once. */
  readonly #bodies = new Map<string, Promise<Buffer>>();
  /** Set on the first request for a file; `null` if the package is not installed. */
  #installed: Installed | null | undefined;

  /** @param path the path of the server */
  constructor(path: string) {
    this.#prefix = `${path}/`;
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
    this.#installed ??= findClient();
    if (this.#installed === null) return false;
    this.#send(file, this.#installed, request, response).catch((error: unknown) => {
      response.destroy(error as Error); // the file is gone, or the disk failed
    });
    return true;
  }

  async #send(
    file: string,
    { folder, version }: Installed,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const etag = `"${version}"`;
    const headers = {
      'Access-Control-Allow-Origin': '*', // a page of another origin may import it as a module
      'Cache-Control': 'public, max-age=0',
      ETag: etag,
      Vary: 'Accept-Encoding',
    };
    if (isUnchanged(request.headers['if-none-match'], etag)) {
      response.writeHead(304, headers).end();
      return;
    }
    const encoding = encodingFor(request.headers['accept-encoding']);
    const body = await this.#body(join(folder, file), encoding);
    response.writeHead(200, {
      ...headers,
      'Content-Type': file.endsWith('.map') ? 'application/json; charset=utf-8' : 'text/javascript; charset=utf-8',
      'Content-Length': body.length,
      ...(encoding === null ? {} : { 'Content-Encoding': encoding }),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  #body(file: string, encoding: keyof typeof ENCODERS | null): Promise<Buffer> {
    const key = `${encoding} ${file}`;
    let body = this.#bodies.get(key);
    if (body === undefined) {
      body = readFile(file).then((bytes) => (encoding === null ? bytes : ENCODERS[encoding](bytes)));
      this.#bodies.set(key, body);
      body.catch(() => this.#bodies.delete(key)); // it may exist next time
    }
    return body;
  }
}

/** Finds the package that is installed next to this one, or else the application's. */
function findClient(): Installed | null {
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

function isUnchanged(ifNoneMatch: string | undefined, etag: string): boolean {
  return ifNoneMatch?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag) === true;
}

/** The best encoding that the client accepts; `q=0` refuses one. Source: RFC 9110, section 12.5.3. */
function encodingFor(accepted = ''): keyof typeof ENCODERS | null {
  const acceptable = accepted.split(',').filter((part) => !/;\s*q=0(\.0*)?\s*$/.test(part));
  const names = new Set(acceptable.map((part) => part.split(';', 1)[0]?.trim().toLowerCase()));
  return (['br', 'gzip'] as const).find((name) => names.has(name)) ?? null;
}
