/**
 * The codec that the options `parser` and `json` select. The library for MessagePack is an optional peer, loaded only
 * if it is needed.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { SocketIoError } from '../errors.js';
import { invalidOption } from '../options.js';
import {
  type Codec,
  codecOf,
  type Json,
  messagePackCodec,
  type MessagePackLibrary,
  type PacketLimits,
  type Parser,
} from '../protocol/internal.js';

/** The options that select a codec. */
export interface CodecOptions {
  readonly parser?: Parser | 'msgpack' | undefined;
  readonly json?: Json | undefined;
}

/** Which codec the options select. Servers of a cluster must have the same one. */
export type CodecName = 'standard' | 'msgpack' | 'custom';

export function codecNameOf({ parser, json }: CodecOptions): CodecName {
  if (parser === 'msgpack') return 'msgpack';
  return parser === undefined && json === undefined ? 'standard' : 'custom';
}

const PACKAGE = '@msgpack/msgpack';

/** @throws SocketIoError `INVALID_OPTION` */
export function resolveCodec({ parser, json }: CodecOptions, limits: PacketLimits): Codec {
  if (json !== undefined) checkJson(json, parser);
  if (parser === 'msgpack') return messagePackCodec(limits, loadMessagePack());
  if (parser !== undefined) checkParser(parser);
  return codecOf(limits, parser, json);
}

function checkJson(json: Partial<Json>, parser: unknown): void {
  if (typeof json.stringify !== 'function' || typeof json.parse !== 'function') {
    invalidOption('json', json, 'have the functions stringify and parse');
  }
  if (parser !== undefined) {
    throw new SocketIoError(
      'INVALID_OPTION',
      'options "json" and "parser" exclude each other, a parser brings its own serialiser: remove one of them',
    );
  }
}

function checkParser(parser: unknown): void {
  const { Encoder, Decoder } = (parser ?? {}) as Partial<Parser>;
  if (typeof Encoder === 'function' && typeof Decoder === 'function') return;
  invalidOption('parser', parser, "be 'msgpack', or have the classes Encoder and Decoder");
}

/**
 * Loads the library that is installed next to this package, or else the application's.
 * @param places files from whose folders the library is looked up, in order
 * @throws SocketIoError `INVALID_OPTION`
 */
export function loadMessagePack(
  places: readonly string[] = [import.meta.url, join(process.cwd(), 'package.json')],
): MessagePackLibrary {
  let found = 'which is not installed';
  for (const from of places) {
    try {
      const require = createRequire(from);
      const { version } = require(`${PACKAGE}/package.json`) as { readonly version: string };
      // Adapters of Socket.IO depend on version 2, whose classes take other parameters.
      if (version.startsWith('3.')) return require(PACKAGE) as MessagePackLibrary;
      found = `of which version ${version} is installed`;
    } catch {
      // not installed there
    }
  }
  throw new SocketIoError(
    'INVALID_OPTION',
    `option "parser" is 'msgpack', which needs version 3 of the package ${PACKAGE}, ${found}: run npm install ${PACKAGE}@3`,
  );
}
