import { describe, expect, it } from 'vitest';
import { censusOf, censusPer } from './heap.mjs';

const TYPES = ['hidden', 'array', 'string', 'object', 'code', 'closure', 'synthetic', 'sliced string', 'object shape'];
const meta = { node_fields: ['type', 'name', 'id', 'self_size'], node_types: [TYPES, 'string', 'number', 'number'] };

/** Builds a snapshot of these objects. */
function snapshot(...objects: [type: string, name: string, size: number][]) {
  return {
    snapshot: { meta },
    nodes: objects.flatMap(([type, , size], i) => [TYPES.indexOf(type), i, 2 * i + 1, size]),
    strings: objects.map(([, name]) => name),
  };
}

describe('censusOf', () => {
  it('counts by constructor and size, function name, or kind', () => {
    const census = censusOf(
      snapshot(
        ['object', 'Socket', 312],
        ['object', 'Socket', 176],
        ['object', 'Socket', 312],
        ['closure', 'bound', 56],
        ['closure', '', 64],
        ['array', '', 16],
        ['array', '(object elements)', 32],
        ['string', 'any text', 24],
        ['sliced string', 'any text', 32],
        ['hidden', 'system / PropertyArray', 40],
        ['code', 'x', 100],
        ['object shape', 'y', 80],
        ['synthetic', '', 0],
      ),
    );
    expect([...census]).toEqual([
      ['Socket, 312 bytes', { count: 2, bytes: 624 }],
      ['Socket, 176 bytes', { count: 1, bytes: 176 }],
      ['function bound', { count: 1, bytes: 56 }],
      ['function (anonymous)', { count: 1, bytes: 64 }],
      ['array of an object', { count: 1, bytes: 16 }],
      ['array: (object elements)', { count: 1, bytes: 32 }],
      ['string', { count: 1, bytes: 24 }],
      ['sliced string', { count: 1, bytes: 32 }],
      ['hidden: system / PropertyArray', { count: 1, bytes: 40 }],
      ['code and rare objects', { count: 2, bytes: 180 }],
      ['synthetic', { count: 1, bytes: 0 }],
    ]);
  });
});

describe('censusPer', () => {
  it('divides the added objects by connections, the largest first, and sums up rare ones', () => {
    const before = new Map([['Socket, 100 bytes', { count: 10, bytes: 1000 }]]);
    const after = new Map([
      ['string', { count: 20, bytes: 240 }],
      ['Socket, 100 bytes', { count: 20, bytes: 2000 }],
      ['code and rare objects', { count: 100, bytes: 500 }],
      ['Timeout, 80 bytes', { count: 1, bytes: 80 }],
    ]);
    expect(censusPer(10, before, after)).toEqual([
      { kind: 'Socket, 100 bytes', count: 1, bytes: 100 },
      { kind: 'string', count: 2, bytes: 24 },
      { kind: 'code and rare objects', count: 10.1, bytes: 58 },
    ]);
  });
});
