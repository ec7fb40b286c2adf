import { assert, property } from 'fast-check';
import { deepStrictEqual } from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Bulletin } from '../../../lib/cluster/bulletin/bulletin.js';
import { BulletinWriter } from '../../../lib/cluster/bulletin/bulletin-writer.js';
import { BroadcastTarget } from '../../../lib/server/internal.js';
import { Message } from '../../../lib/engine/internal.js';
import { type Entry, entries, expectedVisits, NODE, visits, write } from '../../support/bulletins.js';

const { everybody } = BroadcastTarget;
const WIRE = Message.of('2["a"]').wire; // 81 07 34 32 5b 22 61 22 5d

function uint48(value: number): string {
  return value.toString(16).padStart(12, '0');
}

/** The hexadecimal digits of a header, with the id `node-00001` and the codec 7. */
function header(sequence: number, firstEvent: number): string {
  return ['4e53', '01', '07', '6e6f64652d3030303031', uint48(sequence), uint48(firstEvent)].join('');
}

describe('BulletinWriter', () => {
  it('begins empty', () => {
    const writer = new BulletinWriter(NODE, 7);
    expect([writer.isEmpty, writer.size]).toEqual([true, 26]);
    expect(writer.take().toString('hex')).toBe(header(1, 0));
  });

  it('writes a broadcast to everyone', () => {
    const writer = new BulletinWriter(NODE, 7);
    writer.broadcast('/', everybody, false, WIRE);
    const record = ['01', '0000000d', '00', '012f', '00', '810734325b2261225d'].join('');
    expect([writer.isEmpty, writer.size]).toEqual([false, 44]);
    expect(writer.take().toString('hex')).toBe(header(1, 0) + record);
  });

  it('writes the context of a record', () => {
    const writer = new BulletinWriter(NODE, 7);
    writer.context(Buffer.from('c0ffee', 'hex'));
    writer.broadcast('/', everybody, true, WIRE);
    const records = ['03', '00000003', 'c0ffee', '01', '0000000d', '08', '012f', '00', '810734325b2261225d'].join('');
    expect(writer.take().toString('hex')).toBe(header(1, 0) + records);
    expect(writer.take().toString('hex')).toBe(header(2, 1));
  });

  it('writes the key of a latest value as a record before the broadcast', () => {
    const writer = new BulletinWriter(NODE, 7);
    writer.broadcast('/', everybody.with({ latest: 'é7' }), false, WIRE);
    writer.broadcast('/', everybody, false, WIRE);
    const broadcast = '010000000d00012f00810734325b2261225d';
    expect(writer.take().toString('hex')).toBe(`${header(1, 0)}0400000003c3a937${broadcast}${broadcast}`);
  });

  it('writes the time of broadcasts when it changes, and once in each bulletin', () => {
    const writer = new BulletinWriter(NODE, 7);
    for (const at of [0, 7, 7, 8, 0]) writer.broadcast('/', everybody, false, WIRE, at);
    const broadcast = '010000000d00012f00810734325b2261225d';
    const [seven, eight] = [7, 8].map((at) => `0500000006${uint48(at)}`);
    const records = [broadcast, seven, broadcast, broadcast, eight, broadcast, broadcast];
    expect(writer.take().toString('hex')).toBe(`${header(1, 0)}${records.join('')}`);
    writer.broadcast('/', everybody.with({ latest: 'é7' }), false, WIRE, 8);
    expect(writer.take().toString('hex')).toBe(`${header(2, 0)}${eight}0400000003c3a937${broadcast}`);
  });

  it('writes rooms, excepted rooms and flags', () => {
    const writer = new BulletinWriter(NODE, 7);
    const target = everybody
      .to(['a', 'é'])
      .except('x')
      .with({ volatile: true, compress: false, local: true, timeout: 5 });
    writer.broadcast('/c', target, true, WIRE);
    const body = ['0f', '022f63', '02', '0161', '02c3a9', '01', '0178', '810734325b2261225d'].join('');
    expect(writer.take().toString('hex')).toBe(`${header(1, 0)}0100000016${body}`);
  });

  it('distinguishes no rooms from everyone', () => {
    const writer = new BulletinWriter(NODE, 7);
    writer.broadcast('/', everybody.to([]), false, WIRE);
    expect(writer.take().toString('hex')).toBe(`${header(1, 0)}010000000e04012f0000810734325b2261225d`);
  });

  it.each([
    ['254 bytes of ASCII', 'r'.repeat(254), 'fe'],
    ['254 bytes of UTF-8', 'é'.repeat(127), 'fe'],
    ['255 bytes of ASCII', 'r'.repeat(255), 'ff000000ff'],
    ['256 bytes of UTF-8', 'é'.repeat(128), 'ff00000100'],
  ])('writes the length of a string of %s', (_name, room, length) => {
    const writer = new BulletinWriter(NODE, 7);
    writer.broadcast('/', everybody.to(room), false, WIRE);
    expect(writer.take().toString('hex', 26 + 5)).toBe(
      `04012f01${length}${Buffer.from(room).toString('hex')}00810734325b2261225d`,
    );
  });

  it('writes the number of rooms in the same way', () => {
    const writer = new BulletinWriter(NODE, 7);
    writer.broadcast('/', everybody.to(Array<string>(255).fill('')), false, WIRE);
    expect(writer.take().toString('hex', 26 + 5)).toBe(`04012fff000000ff${'00'.repeat(255)}00810734325b2261225d`);
  });

  it.each([
    ['a text', '2["é"]', '0000000007325b22c3a9225d'],
    ['a text with attachments', ['51-["a"]', Uint8Array.of(1, 2)], '000000000835312d5b2261225d01000000020102'],
    ['bytes', [Uint8Array.of(255)], '0100000001ff'],
    ['nothing', [], ''],
  ])('writes a message that is %s', (_name, packet, body) => {
    const writer = new BulletinWriter(NODE, 7);
    writer.message(packet);
    const length = (body.length / 2).toString(16).padStart(8, '0');
    expect(writer.take().toString('hex')).toBe(`${header(1, 0)}02${length}${body}`);
  });

  it('numbers bulletins, and the kept events before each', () => {
    const writer = new BulletinWriter(NODE, 7);
    for (const kept of [true, false, true]) writer.broadcast('/', everybody, kept, WIRE);
    writer.take();
    expect(writer.isEmpty).toBe(true);
    writer.message('2["a"]');
    writer.broadcast('/', everybody, true, WIRE);
    expect(writer.take().toString('hex', 0, 26)).toBe(header(2, 2));
    expect(writer.take().toString('hex')).toBe(header(3, 3));
  });

  it('returns bytes that later bulletins leave as they are', () => {
    const writer = new BulletinWriter(NODE, 7);
    writer.broadcast('/', everybody.to('a'), false, WIRE);
    const first = writer.take();
    const before = Buffer.from(first);
    writer.broadcast('/other', everybody.to('bcdef'), true, WIRE);
    writer.take();
    expect(first).toEqual(before);
  });

  it('takes a snapshot of the frames', () => {
    const writer = new BulletinWriter(NODE, 7);
    const wire = Buffer.from(WIRE);
    writer.broadcast('/', everybody, false, wire);
    wire.fill(0);
    expect(writer.take().subarray(-WIRE.length)).toEqual(WIRE);
  });

  it('keeps earlier records when it needs a larger buffer', () => {
    const writer = new BulletinWriter(NODE, 7);
    const huge = Message.of([new Uint8Array(300_000)]).wire;
    writer.broadcast('/', everybody.to('small'), true, WIRE);
    writer.broadcast('/', everybody.to('huge'), true, huge);
    deepStrictEqual(
      visits(writer.take()).map(([, , wire]) => wire),
      [WIRE, huge],
    );
    writer.broadcast('/', everybody, true, WIRE);
    expect(Bulletin.read(writer.take())).toMatchObject({ sequence: 2, firstEvent: 2 });
  });

  it('does not keep a large buffer', async () => {
    const writers = Array.from({ length: 20 }, () => new BulletinWriter(NODE, 7));
    const huge = Buffer.alloc(2_000_000);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    collect();
    const before = process.memoryUsage().arrayBuffers;
    const lengths = writers.map((writer) => {
      writer.broadcast('/', everybody, false, huge);
      return writer.take().length;
    });
    const growth = (): number => {
      collect(); // V8 releases the buffers in the background, after the collection
      return process.memoryUsage().arrayBuffers - before;
    };
    await expect.poll(growth, { timeout: 10_000 }).toBeLessThan(10_000_000);
    expect(lengths).toEqual(Array(writers.length).fill(huge.length + 26 + 5 + 4));
  });

  it('rejects an id of another length', () => {
    expect(() => new BulletinWriter('node', 7)).toThrow('the id of a node must have 10 characters, got "node"');
  });

  it('writes what the reader reads, one bulletin after the other', () => {
    assert(
      property(entries(true), entries(true), (first: Entry[], second: Entry[]) => {
        const writer = new BulletinWriter(NODE, 7);
        write(writer, first);
        const size = writer.size;
        const bytes = writer.take();
        expect(bytes.length).toBe(size);
        write(writer, second);
        const next = writer.take();
        const kept = first.filter((entry) => 'kept' in entry && entry.kept).length;
        deepStrictEqual(visits(bytes), expectedVisits(first));
        deepStrictEqual(visits(next), expectedVisits(second, kept));
        expect(Bulletin.read(next)).toMatchObject({ node: NODE, codec: 7, sequence: 2, firstEvent: kept });
      }),
      { numRuns: 40 },
    );
  });
});
