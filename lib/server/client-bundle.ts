/**
 * Serves the files of `socket.io-client` for browsers below the path of the server, if that package can be
 * found: beside this one, or where the process was started. Each file is read and compressed once.
 * Source: Socket.IO, the option `serveClient`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import type { Log } from '../engine/index.js';

const SOURCES = ['socket.io.js', 'socket.io.min.js', 'socket.io.msgpack.min.js', 'socket.io.esm.min.js'];

const FILES: ReadonlySet<string> = new Set(SOURCES.flatMap((name) => [name, `${name}.map`]));

/** Best first. */
const ENCODINGS = { br: promisify(brotliCompress), gzip: promisify(gzip) } as const;

type Encoding = keyof typeof ENCODINGS | 'identity';

/** Where the package is. */
export interface InstalledClient {
  readonly version: string;
  readonly folder: string;
  /** What is in it. */
  readonly files: readonly string[];
}

export class ClientBundle {
  readonly #prefix: string;
  readonly #logger: Log;
  readonly #find: () => InstalledClient | null;
  /** `undefined` until somebody asks for a file. */
  #installed: InstalledClient | null | undefined;
  readonly #contents = new Map<string, Promise<Buffer>>();

  /**
   * @param path of the server, without a slash at its end
   * @param find called once, when the first file is asked for
   */
  constructor(path: string, logger: Log, find: () => InstalledClient | null = findClient) {
    this.#prefix = `${path}/`;
    this.#logger = logger;
    this.#find = find;
  }

  /** @returns whether the request is for a file that is there, and is being answered */
  take(request: IncomingMessage, response: ServerResponse): boolean {
    const { url = '', method } = request;
    if (!url.startsWith(this.#prefix) || (method !== 'GET' && method !== 'HEAD')) return false;
    const name = url.slice(this.#prefix.length).split('?', 1)[0] as string;
    if (!FILES.has(name)) return false;
    if (this.#installed === undefined) this.#installed = this.#find();
    if (this.#installed?.files.includes(name) !== true) return false;
    this.#answer(this.#installed, name, request, response).catch((error: unknown) => {
      this.#logger.error(`cannot serve ${name}`, error);
      response.destroy();
    });
    return true;
  }

  async #answer(
    installed: InstalledClient,
    name: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const tag = `"${installed.version}"`;
    response.setHeader('ETag', tag);
    response.setHeader('Cache-Control', 'public, max-age=0');
    response.setHeader('Vary', 'Accept-Encoding');
    if (isKnown(tag, request.headers['if-none-match'])) {
      response.writeHead(304).end();
      return;
    }
    const encoding = preferred(request.headers['accept-encoding']);
    const content = await this.#content(join(installed.folder, name), encoding);
    response.setHeader('Content-Type', `application/${name.endsWith('.map') ? 'json' : 'javascript'}; charset=utf-8`);
    response.setHeader('Content-Length', content.length);
    if (encoding !== 'identity') response.setHeader('Content-Encoding', encoding);
    response.writeHead(200).end(request.method === 'HEAD' ? undefined : content);
  }

  #content(file: string, encoding: Encoding): Promise<Buffer> {
    const key = `${encoding} ${file}`;
    let content = this.#contents.get(key);
    if (content === undefined) {
      content = encoding === 'identity' ? readFile(file) : this.#content(file, 'identity').then(ENCODINGS[encoding]);
      this.#contents.set(key, content);
    }
    return content;
  }
}

/** The `socket.io-client` that this package sees, or the application. */
export function findClient(
  froms: readonly string[] = [import.meta.url, join(process.cwd(), '/')],
): InstalledClient | null {
  for (const from of froms) {
    try {
      const file = createRequire(from).resolve('socket.io-client/package.json');
      const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
      const folder = join(dirname(file), 'dist');
      return { version, folder, files: readdirSync(folder) };
    } catch {
      // not here
    }
  }
  return null;
}

function isKnown(tag: string, known = ''): boolean {
  return known.split(',').some((item) => item.trim().replace(/^W\//, '') === tag);
}

/** The best encoding that is named and not refused. */
function preferred(accepted: string | string[] = ''): Encoding {
  const named = new Set(
    String(accepted)
      .split(',')
      .filter((item) => !/;\s*q=0(\.0*)?\s*$/.test(item))
      .map((item) => item.split(';', 1)[0]?.trim().toLowerCase()),
  );
  return named.has('br') ? 'br' : named.has('gzip') ? 'gzip' : 'identity';
}
