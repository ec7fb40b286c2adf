/**
 * The files of the admin page, as the build leaves them in `dist`, and the stock client that the page uses. They are
 * read once.
 */
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { installedClient } from '../../server/internal.js';

/** A file, and its media type. */
export interface PageFile {
  readonly type: string;
  readonly text: string;
}

/** The values of the placeholders `{{name}}` in the HTML. */
export interface PageValues {
  /** The base of relative URLs. */
  readonly base: string;
  /** The path of the Socket.IO server. */
  readonly path: string;
  readonly namespace: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const HTML = 'page.html';

/** The name under which the page imports the stock client. */
const CLIENT = 'client.js';

/** The builds of the client by the codec of the server. That for MessagePack is a script, so it needs an export. */
const CLIENT_BUILDS = {
  standard: { file: 'socket.io.esm.min.js', suffix: '' },
  msgpack: { file: 'socket.io.msgpack.min.js', suffix: '\nexport const io = globalThis.io;\n' },
} as const;

export class PageFiles {
  readonly #codec: keyof typeof CLIENT_BUILDS;
  readonly #folder: string;
  #files: Promise<ReadonlyMap<string, PageFile>> | null = null;

  /**
   * @param codec of the server
   * @param folder of the files
   */
  constructor(codec: keyof typeof CLIENT_BUILDS, folder = builtPage()) {
    this.#codec = codec;
    this.#folder = folder;
  }

  /** The HTML with its placeholders filled in. */
  async html(values: PageValues): Promise<PageFile> {
    const { type, text } = (await this.#all()).get(HTML) as PageFile;
    return {
      type,
      text: text.replace(/\{\{(\w+)\}\}/g, (_, name: keyof PageValues) => escaped(values[name])),
    };
  }

  /** Returns another file, or `undefined` if there is none of that name. */
  async get(name: string): Promise<PageFile | undefined> {
    return name === HTML ? undefined : (await this.#all()).get(name);
  }

  #all(): Promise<ReadonlyMap<string, PageFile>> {
    return (this.#files ??= this.#read());
  }

  async #read(): Promise<ReadonlyMap<string, PageFile>> {
    const names = (await readdir(this.#folder, { recursive: true })).filter(
      (name) => TYPES[extname(name)] !== undefined,
    );
    const files = new Map<string, PageFile>();
    for (const name of names) {
      const text = await readFile(join(this.#folder, name), 'utf8');
      files.set(name.replaceAll('\\', '/'), { type: TYPES[extname(name)] as string, text });
    }
    const client = installedClient();
    if (client === null) return files;
    const { file, suffix } = CLIENT_BUILDS[this.#codec];
    const text = await readFile(join(client.folder, file), 'utf8');
    return files.set(CLIENT, {
      type: TYPES['.js'] as string,
      text: text.replace(/^\/\/# sourceMappingURL=.*$/m, '') + suffix,
    });
  }
}

/** The folder of the page in the installed package, where the browser side is compiled. */
function builtPage(): string {
  const manifest = createRequire(import.meta.url).resolve('nest-socketio/package.json');
  return join(dirname(manifest), 'dist/nest/admin/page');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] as string);
}
