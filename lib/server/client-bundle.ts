/**
 * Hands out the browser files of the stock client, if its package is installed. Of a request that asks for
 * anything else, nothing but the path is looked at, and whoever served it before goes on serving it.
 * Source: Socket.IO, `serveClient`.
 */
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { type AnyHttpServer, intercept } from '../engine/index.js';

const FILES: ReadonlySet<string> = new Set(
  ['socket.io.js', 'socket.io.min.js', 'socket.io.msgpack.min.js', 'socket.io.esm.min.js'].flatMap((file) => [
    file,
    `${file}.map`,
  ]),
);

/** The best first. */
const ENCODERS = { br: promisify(brotliCompress), gzip: promisify(gzip) } as const;

interface Installed {
  readonly folder: string;
  readonly version: string;
}

export class ClientBundle {
  readonly #prefix: string;
  /** Bodies by file and encoding: made once, since they are always the same. */
  readonly #bodies = new Map<string, Promise<Buffer>>();
  /** Looked for when the first file is asked for. */
  #installed: Installed | null | undefined;

  /** @param path of the server */
  constructor(path: string) {
    this.#prefix = `${path}/`;
  }

  attach(server: AnyHttpServer): void {
    intercept(server, (request, response) => this.take(request, response));
  }

  /** @returns whether the request was for one of the files */
  take(request: IncomingMessage, response: ServerResponse): boolean {
    const { url = '', method } = request;
    if (!url.startsWith(this.#prefix) || (method !== 'GET' && method !== 'HEAD')) return false;
    const [file = ''] = url.slice(this.#prefix.length).split('?', 1);
    if (!FILES.has(file)) return false;
    this.#installed ??= findClient();
    if (this.#installed === null) return false;
    this.#send(file, this.#installed, request, response).catch((error: unknown) => {
      response.destroy(error as Error); // the file has vanished, or the disk fails
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
    if (sentBefore(request.headers['if-none-match'], etag)) {
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
      body.catch(() => this.#bodies.delete(key)); // it may be there another time
    }
    return body;
  }
}

/** The package beside ours, or that of the application. */
function findClient(): Installed | null {
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      const require = createRequire(from);
      const manifest = require.resolve('socket.io-client/package.json');
      const { version } = require(manifest) as { readonly version: string };
      return { folder: join(dirname(manifest), 'dist'), version };
    } catch {
      // not to be found from there
    }
  }
  return null;
}

function sentBefore(ifNoneMatch: string | undefined, etag: string): boolean {
  return ifNoneMatch?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag) === true;
}

/** Source: RFC 9110, section 12.5.3; what is refused by `q=0` is not taken. */
function encodingFor(accepted = ''): keyof typeof ENCODERS | null {
  const wanted = accepted.split(',').filter((part) => !/;\s*q=0(\.0*)?\s*$/.test(part));
  const names = new Set(wanted.map((part) => part.split(';', 1)[0]?.trim().toLowerCase()));
  return (['br', 'gzip'] as const).find((name) => names.has(name)) ?? null;
}
