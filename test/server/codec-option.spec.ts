import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as jsonParser from 'socket.io-parser';
import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_PACKET_LIMITS, type Packet, PacketType } from '../../lib/protocol/internal.js';
import { codecNameOf, loadMessagePack, resolveCodec } from '../../lib/server/codec-option.js';
import { bytes } from '../support/wire.js';

const EVENT: Packet = { type: PacketType.EVENT, nsp: '/', data: ['e'] };

const PACKAGE = '@msgpack/msgpack';

const library: unknown = createRequire(import.meta.url)(PACKAGE);

const folders: string[] = [];

/** Creates a folder in which a version of the library is installed. @returns a file in it */
function folderWith(version: string | null): string {
  const folder = mkdtempSync(join(tmpdir(), 'codec-option-'));
  folders.push(folder);
  if (version !== null) {
    const home = join(folder, 'node_modules', PACKAGE);
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'package.json'), JSON.stringify({ name: PACKAGE, version, main: 'index.js' }));
    writeFileSync(join(home, 'index.js'), `exports.version = '${version}';`);
  }
  return join(folder, 'package.json');
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe('resolveCodec', () => {
  it('selects JSON without options', () => {
    expect(resolveCodec({}, DEFAULT_PACKET_LIMITS).encode(EVENT)).toBe('2["e"]');
  });

  it('selects another serialiser', () => {
    const json = { stringify: () => '["other"]', parse: () => ['other'] };
    expect(resolveCodec({ json }, DEFAULT_PACKET_LIMITS).encode(EVENT)).toBe('2["other"]');
  });

  it('selects the parser of the application', () => {
    expect(resolveCodec({ parser: jsonParser }, DEFAULT_PACKET_LIMITS).encode(EVENT)).toEqual(['2["e"]']);
  });

  it('selects MessagePack', () => {
    const [message] = resolveCodec({ parser: 'msgpack' }, DEFAULT_PACKET_LIMITS).encode(EVENT);
    expect(Buffer.from(message as Uint8Array)).toEqual(bytes('83a47479706502a36e7370a12fa46461746191a165'));
  });

  it.each([
    ['a misspelt name', 'msgpak', '"msgpak"'],
    ['null', null, 'null'],
    ['an object without a Decoder', { Encoder: class {} }, '{}'],
  ])('refuses %s', (_, parser, given) => {
    expect(() => resolveCodec({ parser } as never, DEFAULT_PACKET_LIMITS)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: `option "parser" must be 'msgpack', or have the classes Encoder and Decoder, got ${given}`,
      }),
    );
  });

  it.each([[jsonParser], ['msgpack' as const]])('refuses a parser and a serialiser together', (parser) => {
    expect(() => resolveCodec({ parser, json: JSON }, DEFAULT_PACKET_LIMITS)).toThrow(
      'options "json" and "parser" exclude each other',
    );
  });
});

describe('loadMessagePack', () => {
  it('loads the library from the first place that has it', () => {
    expect(loadMessagePack()).toBe(library);
    const places = [folderWith(null), folderWith('2.8.0'), folderWith('3.1.0'), folderWith('3.2.0')];
    expect(loadMessagePack(places)).toEqual({ version: '3.1.0' });
  });

  it.each([
    ['no place has it', null, 'which is not installed'],
    ['it is of another version', '2.8.0', 'of which version 2.8.0 is installed'],
    ['it is of a later version', '30.0.0', 'of which version 30.0.0 is installed'],
  ])('throws if %s', (_, version, found) => {
    expect(() => loadMessagePack([folderWith(version), folderWith(null)])).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message:
          `option "parser" is 'msgpack', which needs version 3 of the package ${PACKAGE}, ${found}: ` +
          `run npm install ${PACKAGE}@3`,
      }),
    );
  });
});

it('names the codec that the options select', () => {
  expect(codecNameOf({})).toBe('standard');
  expect(codecNameOf({ parser: 'msgpack' })).toBe('msgpack');
  expect(codecNameOf({ parser: jsonParser })).toBe('custom');
  expect(codecNameOf({ json: JSON })).toBe('custom');
});
