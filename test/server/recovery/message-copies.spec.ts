import { describe, expect, it } from 'vitest';
import { Message } from '../../../lib/engine/internal.js';
import { MessageCopies } from '../../../lib/server/recovery/message-copies.js';

describe('copies of messages', () => {
  it('have the same bytes, packed one behind the other', () => {
    const copies = new MessageCopies();
    const messages = Array.from({ length: 2_000 }, (_, i) =>
      Message.of(`2["${i}","${'x'.repeat(i % 50)}"]`, i % 2 === 0),
    );
    const copied = messages.map((message) => copies.copy(message));
    expect(copied.map(({ wire }) => wire.toString())).toEqual(messages.map(({ wire }) => wire.toString()));
    expect(copied.map(({ compress }) => compress)).toEqual(messages.map(({ compress }) => compress));
    const bytes = copied.reduce((sum, { wire }) => sum + wire.length, 0);
    const held = [...new Set(copied.map(({ wire }) => wire.buffer))].reduce(
      (sum, { byteLength }) => sum + byteLength,
      0,
    );
    expect(held).toBeLessThan(bytes * 1.2);
  });

  it('take little memory while there are few', () => {
    expect(new MessageCopies().copy(Message.of('2["a"]')).wire.buffer.byteLength).toBe(512);
    expect(new MessageCopies().copy(Message.of('x'.repeat(3_000))).wire.buffer.byteLength).toBeLessThan(3_100);
  });

  it('are not made of large messages, which have memory of their own', () => {
    const message = Message.of('x'.repeat(5_000));
    expect(new MessageCopies().copy(message)).toBe(message);
    expect(message.wire.buffer.byteLength).toBe(message.wire.length);
  });
});
