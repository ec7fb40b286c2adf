import { assert, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bulletin, MalformedBulletin, UnknownVersion } from '../../../lib/cluster/bulletin/bulletin.js';
import { BroadcastTarget } from '../../../lib/server/internal.js';
import { bulletinOf, contexts, entries, visits } from '../../support/bulletins.js';

const { everybody } = BroadcastTarget;
const HEADER = ['4e53', '01', '07', '6e6f64652d3030303031', '000000000003', '000000000010'].join('');
const FRAME = '810734325b2261225d';
const BROADCAST = `010000000d00012f00${FRAME}`;

function bulletin(...records: string[]): Buffer {
  return Buffer.from(HEADER + records.join(''), 'hex');
}

/** A record with this body, in hexadecimal digits. */
function record(type: string, body: string): string {
  return type + (body.length / 2).toString(16).padStart(8, '0') + body;
}

/** Returns whether bytes are a bulletin. They must be refused in one of two ways, if they are not. */
function isRead(bytes: Buffer): boolean {
  try {
    visits(bytes);
    return true;
  } catch (error) {
    if (error instanceof MalformedBulletin || error instanceof UnknownVersion) return false;
    throw error;
  }
}

/** The times of the broadcasts of a bulletin with these records. */
function times(...records: string[]): number[] {
  const found: number[] = [];
  Bulletin.read(bulletin(...records)).visit({ broadcast: ({ at }) => found.push(at), message: () => {} });
  return found;
}

describe('Bulletin.read', () => {
  it('reads the header', () => {
    expect(Bulletin.read(bulletin())).toMatchObject({
      version: 1,
      codec: 7,
      node: 'node-00001',
      sequence: 3,
      firstEvent: 16,
    });
  });

  it.each([
    ['no bytes', '', 'it does not start with NS'],
    ['a signature alone', '4e53', 'it does not start with NS'],
    ['another signature', `4e54${HEADER.slice(4)}`, 'it does not start with NS'],
    ['a truncated header', HEADER.slice(0, -2), 'its header is incomplete'],
    ['a truncated record header', `${HEADER}01000000`, 'its last record is incomplete'],
    ['a record that is too long', `${HEADER}${record('01', '00')}0100000002ff`, 'its last record is incomplete'],
    ['a record of 4 GiB', `${HEADER}ffffffffff00`, 'its last record is incomplete'],
  ])('refuses %s', (_name, hex, mistake) => {
    expect(() => Bulletin.read(Buffer.from(hex, 'hex'))).toThrow(new MalformedBulletin(mistake));
  });

  it('reports another version as such, whatever follows', () => {
    const error = new UnknownVersion(2);
    expect(() => Bulletin.read(Buffer.from('4e5302', 'hex'))).toThrow(error);
    expect(error).toMatchObject({ version: 2, message: 'a bulletin must have version 1 of the format, got version 2' });
  });
});

describe('Bulletin.visit', () => {
  it('reports broadcasts and messages in order, with the numbers of events and records', () => {
    const kept = record('01', `0f022f630201610162010178${FRAME}`);
    const message = record('02', '0000000006325b2261225d');
    const frame = Buffer.from(FRAME, 'hex');
    expect(visits(bulletin(kept, message, BROADCAST, kept))).toEqual([
      ['/c', BroadcastTarget.of(['a', 'b'], ['x'], { volatile: true, compress: false }), frame, 17, 0],
      ['2["a"]'],
      ['/', everybody, frame, 0, 2],
      ['/c', BroadcastTarget.of(['a', 'b'], ['x'], { volatile: true, compress: false }), frame, 18, 3],
    ]);
  });

  it('distinguishes no rooms from everyone', () => {
    const targets = visits(bulletin(BROADCAST, record('01', `04012f0000${FRAME}`))).map(([, target]) => target);
    expect(targets).toEqual([everybody, everybody.to([])]);
  });

  it('skips unknown records, which count in the index, and ignores unknown flags', () => {
    const flagged = record('01', `f0012f00${FRAME}`);
    const frame = Buffer.from(FRAME, 'hex');
    expect(visits(bulletin(record('ff', '00'), record('00', ''), flagged))).toEqual([['/', everybody, frame, 0, 2]]);
  });

  it('reads the context before a record, which counts in the index', () => {
    const context = record('03', 'c0ffee');
    const message = record('02', '0000000006325b2261225d');
    const bytes = bulletin(context, BROADCAST, BROADCAST, context, message, context);
    expect(contexts(bytes)).toEqual(['c0ffee', null, 'c0ffee']);
    expect(visits(bytes).map(([, , , , index]) => index)).toEqual([1, 2, undefined]);
  });

  it('skips the context of an unknown record', () => {
    const bytes = bulletin(record('03', 'c0ffee'), record('ff', '00'), BROADCAST, record('03', '01'), record('03', ''));
    expect(contexts(bytes)).toEqual([null]);
    expect(contexts(bulletin(record('03', '01'), record('03', ''), BROADCAST))).toEqual(['']);
  });

  it('reads the key of a latest value, which is for the next broadcast alone', () => {
    const key = record('04', 'c3a937');
    const context = record('03', 'c0ffee');
    const volatile = record('01', `01012f00${FRAME}`);
    const bytes = bulletin(context, key, BROADCAST, BROADCAST, key, context, volatile);
    const flags = visits(bytes).map(([, target]) => (target as BroadcastTarget).flags);
    expect(flags).toEqual([{ latest: 'é7' }, {}, { volatile: true, latest: 'é7' }]);
    expect(contexts(bytes)).toEqual(['c0ffee', null, 'c0ffee']);
    expect(visits(bytes).map(([, , , , index]) => index)).toEqual([2, 3, 6]);
  });

  it('reads the time of broadcasts, which is for all that follow', () => {
    const [time, later] = [record('05', '018bcfe56800'), record('05', '018bcfe56801')];
    const key = record('04', 'c3a937');
    expect(times(BROADCAST, time, key, BROADCAST, BROADCAST, later, BROADCAST)).toEqual([
      0, 1_700_000_000_000, 1_700_000_000_000, 1_700_000_000_001,
    ]);
    expect(() => times(record('05', '018bcfe568'))).toThrow('reaches past the end');
  });

  it('reads the parts of a message', () => {
    const parts = record('02', '000000000835312d5b2261225d01000000020102');
    expect(visits(bulletin(parts, record('02', ''), record('02', '0100000000')))).toEqual([
      [['51-["a"]', Buffer.of(1, 2)]],
      [[]],
      [[Buffer.alloc(0)]],
    ]);
  });

  it('returns attachments that do not share memory with the bulletin', () => {
    const bytes = bulletin(record('02', '0100000001aa'));
    const [[parts]] = visits(bytes) as [[[Buffer]]];
    bytes.fill(0);
    expect(parts).toEqual([Buffer.of(0xaa)]);
  });

  it.each([
    ['/a', '/b', '/b', '/a', '/ab', '/', '', '/a'],
    ['', '', '/'],
    ['/é', '/è', '/é'],
  ])('reads each namespace, whether it is the one before or not', (...namespaces) => {
    const wire = Buffer.from(FRAME, 'hex');
    const given = namespaces.map((namespace) => ({
      namespace,
      rooms: null,
      excepted: [],
      flags: {},
      kept: false,
      wire,
    }));
    expect(visits(bulletinOf(...given)).map(([namespace]) => namespace)).toEqual(namespaces);
  });

  it.each([
    ['an empty broadcast', record('01', '')],
    ['a broadcast without frames', record('01', '00012f00')],
    ['a namespace past the end', record('01', '00052f00')],
    ['more rooms than there are bytes', record('01', `04012fffffffffff${FRAME}`)],
    ['a room of 4 GiB', record('01', `04012f01ffffffffff${FRAME}`)],
    ['a truncated frame', record('01', `00012f00${FRAME.slice(0, -2)}`)],
    ['an unknown part', record('02', '0200000000')],
    ['a truncated part', record('02', '000000')],
    ['a part past the end', record('02', '0000000002aa')],
    ['attachments past the end', record('02', '01ffffffffaa')],
  ])('refuses %s before it has visited anything', (_name, malformed) => {
    const calls: unknown[] = [];
    const read = Bulletin.read(bulletin(BROADCAST, malformed, BROADCAST));
    const visit = (...args: unknown[]) => calls.push(args);
    expect(() => read.visit({ broadcast: visit, message: visit })).toThrow(MalformedBulletin);
    expect(calls).toEqual([]);
  });

  it('reads or refuses every truncation and every single altered byte', () => {
    const isHandled = property(entries(false), (given) => {
      const bytes = bulletinOf(...given);
      for (let length = 0; length < bytes.length; length++) isRead(bytes.subarray(0, length));
      for (let at = 0; at < bytes.length; at++) {
        const original = bytes[at] as number;
        for (const value of [0, 1, 2, 127, 128, 254, 255, original ^ 1, original ^ 0x80]) {
          bytes[at] = value;
          isRead(bytes);
        }
        bytes[at] = original;
      }
      expect(isRead(bytes)).toBe(true);
    });
    assert(isHandled, { numRuns: 10 });
  });

  it('refuses a bulletin that ends within a record', () => {
    assert(
      property(entries(false), nat(), (given, cut) => {
        const complete = bulletinOf(...given);
        const last = bulletinOf(...given.slice(0, -1)).length;
        if (given.length === 0 || last >= complete.length - 1) return;
        const length = last + 1 + (cut % (complete.length - last - 1));
        expect(() => Bulletin.read(complete.subarray(0, length))).toThrow(MalformedBulletin);
      }),
    );
  });
});
