import { describe, expect, it } from 'vitest';
import {
  decodeBase64Message,
  encodeEnginePacket,
  encodeOpenPacket,
  enginePacketKind,
  MESSAGE_PREFIX,
} from '../../lib/protocol/engine-packet.js';
import { bytes } from '../support/wire.js';

describe('enginePacketKind', () => {
  it.each([
    ['0{"sid":"x"}', 'open'],
    ['1', 'close'],
    ['2', 'ping'],
    ['2probe', 'ping'],
    ['3', 'pong'],
    ['3probe', 'pong'],
    ['4', 'message'],
    ['42["e"]', 'message'],
    ['5', 'upgrade'],
    ['6', 'noop'],
  ])('reads %j as %s', (text, kind) => {
    expect(enginePacketKind(text)).toBe(kind);
  });

  it.each(['', '7', '9', '/', ':', ' 2', '-1', 'abc', 'bAQ==', '２', '\u0000', 'length', '__proto__'])(
    'takes %j for none',
    (text) => {
      expect(enginePacketKind(text)).toBeNull();
    },
  );
});

describe('encodeEnginePacket', () => {
  it.each([
    ['0', 'open'],
    ['1', 'close'],
    ['2', 'ping'],
    ['3', 'pong'],
    ['4', 'message'],
    ['5', 'upgrade'],
    ['6', 'noop'],
  ] as const)('encodes %s for %s', (text, kind) => {
    expect(encodeEnginePacket(kind)).toBe(text);
  });

  it('puts the data after the digit', () => {
    expect(encodeEnginePacket('message', '2["e"]')).toBe('42["e"]');
    expect(encodeEnginePacket('pong', 'probe')).toBe('3probe');
  });
});

describe('MESSAGE_PREFIX', () => {
  it('is the first character of a message', () => {
    expect(String.fromCharCode(MESSAGE_PREFIX)).toBe('4');
  });
});

describe('decodeBase64Message', () => {
  it.each([
    ['bAQID', '010203'],
    ['bAQ==', '01'],
    ['bAQ', '01'],
    ['bAQI=', '0102'],
    ['bAQI', '0102'],
    ['b+/+/', 'fbffbf'],
    ['b', ''],
  ])('decodes %s', (text, hex) => {
    expect(decodeBase64Message(text)).toEqual(bytes(hex));
  });

  it.each(['', '4', '42["b"]', 'B', 'AQID', ' bAQID'])('returns null for the other text %j', (text) => {
    expect(decodeBase64Message(text)).toBeNull();
  });

  it.each(['bA', 'b!!!!', 'bAQ ID', 'bAQID\n', 'b-_-_', 'bAR==', 'bAQ===', 'bAQ==AQ==', 'bAQ=I', 'binary', 'bß'])(
    'refuses %j',
    (text) => {
      expect(decodeBase64Message(text)).toBeNull();
    },
  );

  it('decodes a megabyte, and refuses one of padding', () => {
    expect(decodeBase64Message(`b${'AQID'.repeat(250_000)}`)).toHaveLength(750_000);
    expect(decodeBase64Message(`b${'='.repeat(1_000_000)}`)).toBeNull();
  });
});

describe('encodeOpenPacket', () => {
  it('encodes the five keys of the protocol and no others', () => {
    const settings = { sid: 'lv_VI97HAXpY6yYWAAAC', pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 1_000_000 };
    const text =
      '0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';
    expect(encodeOpenPacket(settings)).toBe(text);
    const more = { path: '/secret', upgrades: ['polling'], ...settings };
    expect(encodeOpenPacket(more)).toBe(text);
  });
});
