/** Each target gets a share of `FUZZ_SECONDS`. A failure prints the seed and path that repeat it. */
import * as library from '@msgpack/msgpack';
import { deepStrictEqual } from 'node:assert/strict';
import * as stock from 'socket.io-msgpack-parser';
import { describe, expect, it } from 'vitest';
import { Bulletin, MalformedBulletin, UnknownVersion } from '../../lib/cluster/bulletin/bulletin.js';
import { Message } from '../../lib/engine/internal.js';
import { ProtocolError } from '../../lib/errors.js';
import {
  DEFAULT_PACKET_LIMITS,
  Decoder,
  messagePackCodec,
  type Packet,
  RESERVED_EVENTS,
} from '../../lib/protocol/internal.js';
import type { Choices } from '../support/packets.js';
import { fuzz, SECONDS, type Target } from './fuzz.js';
import { hostileBulletin } from './hostile-bulletins.js';
import { hostileMessagePack, hostileMessages } from './hostile-messages.js';
import { MemoryServer } from './memory-server.js';

/** Runs `decode`. @returns `null` if it throws a `ProtocolError`; no other exception is allowed */
function attempt<T>(decode: () => T): T | null {
  try {
    return decode();
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/** Checks what the server relies on without checking it again. */
function requireValid(packet: Packet): void {
  const { type, nsp } = packet;
  const name = 'data' in packet && type === 2 ? packet.data[0] : 'e';
  const isValid =
    [0, 1, 2, 3, 4].includes(type) &&
    nsp.startsWith('/') &&
    nsp.length <= DEFAULT_PACKET_LIMITS.namespaceLength &&
    (typeof name === 'number' || !RESERVED_EVENTS.has(name));
  if (!isValid) throw new Error(`an invalid packet was decoded: ${JSON.stringify(packet)}`);
}

/** A decoder of texts. After a refusal, the server would close the connection; here the decoder goes on. */
function decodeTexts(choices: Choices): void {
  const decoder = new Decoder();
  for (const message of hostileMessages(choices)) {
    const packet = attempt(() => (typeof message === 'string' ? decoder.text(message) : decoder.binary(message)));
    if (packet !== null) requireValid(packet);
  }
}

const messagePack = messagePackCodec(DEFAULT_PACKET_LIMITS, library);

/** A decoder of MessagePack. The decoder of stock clients must understand the same. */
function decodeMessagePack(choices: Choices): void {
  const message = hostileMessagePack(choices);
  const packet = attempt(() => messagePack.decoder().binary(message));
  if (packet === null) return;
  requireValid(packet);
  if (message.includes(0xd5) || message.includes(0xd6) || message.includes(0xd8) || !isWellFormed(message)) return;
  let understood: unknown;
  new stock.Decoder().on('decoded', (value: unknown) => (understood = value)).add(message);
  const { data } = understood as { data?: unknown };
  if ('data' in packet && packet.data !== undefined) deepStrictEqual(comparable(packet.data), comparable(data));
}

/** Both decoders replace illegal UTF-8, each in its own way. */
function isWellFormed(message: Buffer): boolean {
  return !message.some((byte) => byte > 0x7f && byte < 0xc0) && !/[^\0-\x7f]{2}/.test(message.toString('latin1'));
}

/** Bytes as text: one decoder makes an `ArrayBuffer` where the other makes a `Buffer`. */
function comparable(value: unknown): unknown {
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString('hex');
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex');
  if (value instanceof Date) return value.getTime();
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, comparable(item)]));
}

/** The reader of bulletins. The frames that it reports must be complete, as clients get them. */
function readBulletin(choices: Choices): void {
  try {
    Bulletin.read(hostileBulletin(choices)).visit({
      broadcast({ namespace, target: { rooms, excepted }, wire }) {
        const parts = Array.from(new Message(wire, true).payloads(), ({ binary, data }) => {
          return binary ? data : data.toString('latin1', 1);
        });
        const isText = [namespace, ...(rooms ?? []), ...excepted].every((name) => typeof name === 'string');
        const lengths = Message.of(parts.map((part) => (typeof part === 'string' ? 'x'.repeat(part.length) : part)));
        if (!isText || lengths.wire.length !== wire.length) throw new Error('an invalid broadcast was read');
      },
      message() {},
    });
  } catch (error) {
    if (!(error instanceof MalformedBulletin || error instanceof UnknownVersion)) throw error;
  }
}

async function withServer(server: MemoryServer, target: Target, share: number): Promise<number> {
  try {
    return await fuzz(target, share);
  } finally {
    await server.close();
  }
}

const TARGETS: readonly (readonly [name: string, run: () => Promise<number>])[] = [
  ['the decoder', () => fuzz(decodeTexts, 0.15)],
  ['the decoder of MessagePack', () => fuzz(decodeMessagePack, 0.15)],
  ['the reader of bulletins', () => fuzz(readBulletin, 0.05)],
  [
    'the checks of an upgrade',
    () => {
      const server = new MemoryServer();
      return withServer(server, (choices) => server.head(choices), 0.2);
    },
  ],
  [
    'a server',
    () => {
      const server = new MemoryServer();
      return withServer(server, (choices) => server.messages(choices), 0.25);
    },
  ],
  [
    'a server with MessagePack',
    () => {
      const server = new MemoryServer('msgpack');
      return withServer(server, (choices) => server.messages(choices), 0.2);
    },
  ],
];

describe('any input', () => {
  it.each(TARGETS)('is handled or refused by %s', { timeout: SECONDS * 2_000 + 20_000 }, async (name, run) => {
    const inputs = await run();
    expect(inputs).toBeGreaterThan(0);
    if (process.env['FUZZ_SECONDS'] !== undefined) console.log(`${name}: ${inputs} inputs`);
  });
});
