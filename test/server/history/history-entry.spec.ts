import { describe, expect, it } from 'vitest';
import { Message } from '../../../lib/engine/internal.js';
import { HistoryEntry } from '../../../lib/server/history/history-entry.js';

const message = Message.of(['2["said"]', Buffer.from([1, 2])], false, 'key');
const entry = new HistoryEntry('node-00001', 71, 1_700_000_000_000, message, ['ann', 'ü'], 'key');

const plain = new HistoryEntry('node-00001', 1, 1, Message.of('2["said"]'), [], null);

/** An encoded entry with these fields. */
function head(text: string): Buffer {
  return Buffer.concat([Buffer.from([1, 0, 0, 0, text.length]), Buffer.from(text), message.wire]);
}

describe('HistoryEntry', () => {
  it('has an id of its sender and its number', () => {
    expect(entry.id).toBe('node-00001.1z');
  });

  it('is encoded and decoded', () => {
    expect(HistoryEntry.decode(entry.encode('standard'), 'standard')).toEqual(entry);
    expect(HistoryEntry.decode(plain.encode('msgpack'), 'msgpack')).toEqual(plain);
  });

  it('is not decoded by a server with another codec', () => {
    expect(HistoryEntry.decode(entry.encode('standard'), 'msgpack')).toBeNull();
  });

  it('is decoded from nothing else', () => {
    const bytes = plain.encode('standard');
    const others = [
      ...Array.from({ length: bytes.length }, (_, length) => bytes.subarray(0, length)),
      Buffer.concat([Buffer.from([2]), bytes.subarray(1)]),
      Buffer.concat([bytes, Buffer.from([0])]),
      head('{'),
      head('null'),
      head('{"n":1,"i":1,"t":1,"p":"standard"}'),
      head('{"n":"a","i":1.5,"t":1,"p":"standard"}'),
      head('{"n":"a","i":1,"t":"1","p":"standard"}'),
      head('{"n":"a","i":1,"t":1,"p":"standard","x":"ann"}'),
      head('{"n":"a","i":1,"t":1,"p":"standard","k":1}'),
    ];
    for (const other of others) expect(HistoryEntry.decode(other, 'standard')).toBeNull();
    expect(HistoryEntry.decode(head('{"n":"a","i":1,"t":1,"p":"standard"}'), 'standard')).not.toBeNull();
  });
});
