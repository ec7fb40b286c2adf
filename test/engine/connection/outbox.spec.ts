import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Message } from '../../../lib/engine/connection/message.js';
import { Batch, type Flushable, Outbox } from '../../../lib/engine/connection/outbox.js';
import { turn } from '../../support/engine-rig.js';

const ping = Message.engine('2'); // 81 01 32
const noop = Message.engine('6'); // 81 01 36

/** Creates a message with frames of this length. */
function long(bytes: number): Message {
  return new Message(Buffer.alloc(bytes), false);
}

/** Creates a member that logs its name when it is flushed. */
function flushable(name: string, log: string[]): Flushable {
  return { flush: () => void log.push(name) };
}

describe('Batch', () => {
  it('starts empty', () => {
    const root = Batch.root();
    expect(root.messages()).toEqual([]);
    expect([root.count, root.bytes]).toEqual([0, 0]);
  });

  it('holds its messages in order, and counts them', () => {
    const batch = Batch.root().append(ping).append(noop).append(ping);
    expect(batch.messages()).toEqual([ping, noop, ping]);
    expect([batch.count, batch.bytes]).toEqual([3, 9]);
  });

  it('is the same for all connections with the same messages', () => {
    const root = Batch.root();
    const first = root.append(ping).append(noop);
    expect(root.append(ping).append(noop)).toBe(first);
    expect(root.append(ping)).toBe(first.previous);
  });

  it('branches where the messages differ', () => {
    const root = Batch.root();
    const common = root.append(ping);
    const one = common.append(ping);
    const other = common.append(noop);
    const longer = other.append(ping);
    expect(one.messages()).toEqual([ping, ping]);
    expect(other.messages()).toEqual([ping, noop]);
    expect(longer.messages()).toEqual([ping, noop, ping]);
    expect(common.messages()).toEqual([ping]);
  });

  it('distinguishes an equal message from the same one', () => {
    const root = Batch.root();
    expect(root.append(Message.engine('2'))).not.toBe(root.append(Message.engine('2')));
  });

  it('joins its messages once', () => {
    const batch = Batch.root().append(ping).append(noop);
    const joined = batch.joined();
    expect(joined.toString('hex')).toBe('810132810136');
    expect(batch.joined()).toBe(joined);
  });

  it('does not copy a single message', () => {
    expect(Batch.root().append(ping).joined()).toBe(ping.wire);
  });

  it('joins messages of up to 16,384 bytes on average', () => {
    expect(Batch.root().append(long(16_384)).joins).toBe(true);
    expect(Batch.root().append(long(16_385)).joins).toBe(false);
    expect(Batch.root().append(long(32_767)).append(long(1)).joins).toBe(true);
    expect(Batch.root().append(long(32_767)).append(long(2)).joins).toBe(false);
  });

  it.each([
    ['in one write', long(10), [13]],
    ['one by one if they are long', long(100_000), [3, 100_000]],
  ])('writes its messages %s', (_how, second, sizes) => {
    const socket = new PassThrough({ highWaterMark: 1_000_000 });
    const written: number[] = [];
    socket.on('data', (data: Buffer) => written.push(data.length));
    Batch.root().append(ping).append(second).writeTo(socket, null);
    expect(written).toEqual(sizes);
  });
});

describe('Outbox', () => {
  it('flushes each connection at the end of the turn, in order', async () => {
    const outbox = new Outbox();
    const log: string[] = [];
    outbox.add(flushable('a', log));
    outbox.add(flushable('b', log));
    await new Promise<void>((resolve) => {
      process.nextTick(resolve);
    });
    expect(log).toEqual([]);
    await turn();
    expect(log).toEqual(['a', 'b']);
    await turn();
    expect(log).toEqual(['a', 'b']);
  });

  it('flushes connections added during a flush in the next turn', async () => {
    const outbox = new Outbox();
    const log: string[] = [];
    const late = flushable('late', log);
    outbox.add({ flush: () => outbox.add(late) });
    await turn();
    expect(log).toEqual([]);
    await turn();
    expect(log).toEqual(['late']);
  });

  it('starts a new tree in each turn, before connections are flushed', async () => {
    const outbox = new Outbox();
    const { root } = outbox;
    const roots: Batch[] = [];
    outbox.add({ flush: () => void roots.push(outbox.root) });
    expect(outbox.root).toBe(root);
    await turn();
    expect(roots).toEqual([outbox.root]);
    expect(outbox.root).not.toBe(root);
  });
});
