import { describe, expect, it, vi } from 'vitest';
import { HOLDS, Reading } from '../../../lib/engine/connection/reading.js';
import { turn } from '../../support/engine-rig.js';

function setUp() {
  const ws = { pause: vi.fn<() => void>(), resume: vi.fn<() => void>() };
  const handled: string[] = [];
  const handle = vi.fn<(data: Buffer) => void>((data) => void handled.push(data.toString()));
  return { ws, handled, handle, reading: new Reading(ws, handle) };
}

describe('Reading', () => {
  it('pauses for the first reason, and reads on when the last one is gone', async () => {
    const { ws, reading } = setUp();
    reading.hold('output');
    reading.hold('rate');
    reading.hold('rate');
    expect(ws.pause).toHaveBeenCalledOnce();
    expect([reading.isPaused, reading.isHeldFor('rate'), reading.isHeldFor('handlers')]).toEqual([true, true, false]);
    reading.unhold('rate');
    reading.unhold('handlers');
    await turn();
    expect(ws.resume).not.toHaveBeenCalled();
    reading.unhold('output');
    expect(reading.isPaused).toBe(true);
    await turn();
    expect(ws.resume).toHaveBeenCalledOnce();
    expect(reading.isPaused).toBe(false);
  });

  it('handles the messages that were kept, in order, before it reads on', async () => {
    const { ws, handled, reading } = setUp();
    reading.hold('output');
    expect(reading.keep(Buffer.from('one'), false)).toBe(67);
    expect(reading.keep(Buffer.from('two'), true)).toBe(134);
    reading.unhold('output');
    expect(reading.keep(Buffer.from('three'), false)).toBe(203);
    await turn();
    expect(handled).toEqual(['one', 'two', 'three']);
    expect(ws.resume).toHaveBeenCalledOnce();
    reading.hold('output');
    expect(reading.keep(Buffer.alloc(0), false)).toBe(64);
  });

  it('stops again when a message gives a new reason', async () => {
    const { ws, handled, handle, reading } = setUp();
    reading.hold('handlers');
    for (const text of ['one', 'two', 'three']) reading.keep(Buffer.from(text), false);
    handle.mockImplementation((data) => {
      handled.push(data.toString());
      reading.hold('handlers');
    });
    reading.unhold('handlers');
    await turn();
    expect(handled).toEqual(['one']);
    reading.unhold('handlers');
    await turn();
    expect(handled).toEqual(['one', 'two']);
    expect(ws.resume).not.toHaveBeenCalled();
  });

  it('excuses a missing pong while it is paused, and once after', async () => {
    const { reading } = setUp();
    expect(reading.takeExcuse()).toBe(false);
    reading.hold('rate');
    expect([reading.takeExcuse(), reading.takeExcuse()]).toEqual([true, true]);
    reading.unhold('rate');
    await turn();
    expect([reading.takeExcuse(), reading.takeExcuse()]).toEqual([true, false]);
  });

  it('drops what it kept when the connection ends, and lets ws read the close frame', async () => {
    const { ws, handled, reading } = setUp();
    reading.hold('rate');
    reading.keep(Buffer.from('one'), false);
    reading.unhold('rate');
    reading.end();
    await turn();
    expect(handled).toEqual([]);
    expect(ws.resume).toHaveBeenCalledOnce();
  });
});

describe('HOLDS', () => {
  it('has one bit for each reason', () => {
    const bits = Object.values(HOLDS);
    expect(bits.reduce<number>((all, bit) => all | bit, 0)).toBe(bits.reduce<number>((sum, bit) => sum + bit, 0));
    expect(bits.every((bit) => Number.isInteger(Math.log2(bit)))).toBe(true);
  });
});
