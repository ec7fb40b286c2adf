import { describe, expect, it, vi } from 'vitest';
import { ProtocolError, SocketIoError } from '../../lib/errors.js';
import { attach, detach, findSlots } from '../../lib/protocol/attachments.js';
import { bytes } from '../support/wire.js';

const slot = (num: unknown) => ({ _placeholder: true, num });

/** Wraps `value` `depth` times, by default in arrays. */
function wrapped(value: unknown, depth: number, wrap: (inner: unknown) => unknown = (inner) => [inner]): unknown {
  let outer = value;
  for (let i = 0; i < depth; i++) outer = wrap(outer);
  return outer;
}

describe('detach', () => {
  const floats = Float32Array.of(1);

  it.each<[string, object, Uint8Array]>([
    ['a Buffer', bytes('0102'), bytes('0102')],
    ['an empty Buffer', bytes(''), bytes('')],
    ['a Uint8Array', Uint8Array.of(1, 2), Uint8Array.of(1, 2)],
    ['an ArrayBuffer', Uint8Array.of(1, 2).buffer, Uint8Array.of(1, 2)],
    ['a typed array', floats, Uint8Array.of(0, 0, 0x80, 0x3f)],
    ['a part of a typed array', Uint16Array.of(1, 2, 3).subarray(1, 2), Uint8Array.of(2, 0)],
    ['a DataView', new DataView(Uint8Array.of(1, 2, 3, 4).buffer, 1, 2), Uint8Array.of(2, 3)],
  ])('replaces %s', (_, value, part) => {
    const parts: Uint8Array[] = [];
    expect(detach(['e', value, { a: [value] }], parts)).toEqual(['e', slot(0), { a: [slot(1)] }]);
    expect(parts).toEqual([part, part]);
  });

  it.each<[string, Uint8Array | ArrayBuffer | Float32Array]>([
    ['a Buffer', bytes('0102')],
    ['an ArrayBuffer', new ArrayBuffer(2)],
    ['a typed array', floats],
  ])('takes a view of %s, not a copy', (_, value) => {
    const parts: Uint8Array[] = [];
    detach(value, parts);
    expect(parts[0]?.buffer).toBe(value instanceof ArrayBuffer ? value : value.buffer);
  });

  it('numbers the parts after the existing ones', () => {
    const parts = [bytes('aa')];
    expect(detach([bytes('bb'), bytes('cc')], parts)).toEqual([slot(1), slot(2)]);
    expect(parts).toEqual([bytes('aa'), bytes('bb'), bytes('cc')]);
  });

  it.each<[string, unknown]>([
    ['a string', 'x'],
    ['a number', 1],
    ['null', null],
    ['undefined', undefined],
    ['an array', ['e', 1, null, [], {}]],
    ['an object', { a: { b: [null, 'x'] }, c: undefined }],
    [
      'an instance of a class',
      new (class Point {
        x = { value: 1 };
      })(),
    ],
    ['an object without a prototype', Object.assign(Object.create(null), { a: {} })],
  ])('returns %s without binary parts as it is', (_, value) => {
    const parts: Uint8Array[] = [];
    expect(detach(value, parts)).toBe(value);
    expect(parts).toEqual([]);
  });

  it('copies only the containers on the way to a part', () => {
    const way = { part: bytes('01') };
    const aside = { a: [1] };
    const value = [aside, [way, aside], aside];
    const result = detach(value, []) as unknown[];
    expect(result).toEqual([{ a: [1] }, [{ part: slot(0) }, { a: [1] }], { a: [1] }]);
    expect(result[0]).toBe(aside);
    expect((result[1] as unknown[])[1]).toBe(aside);
    expect(value).toEqual([aside, [{ part: bytes('01') }, aside], aside]);
  });

  it('keeps the key __proto__ as data', () => {
    const value = JSON.parse('{"__proto__":{"a":1},"b":0}') as Record<string, unknown>;
    value['b'] = bytes('01');
    expect(JSON.stringify(detach(value, []))).toBe('{"__proto__":{"a":1},"b":{"_placeholder":true,"num":0}}');
  });

  it('replaces a part under the key __proto__', () => {
    const value = Object.fromEntries([['__proto__', bytes('01')]]);
    const result = detach(value, []) as object;
    expect(JSON.stringify(result)).toBe('{"__proto__":{"_placeholder":true,"num":0}}');
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
  });

  it('leaves out inherited properties', () => {
    const parts: Uint8Array[] = [];
    const value = Object.assign(Object.create({ inherited: bytes('01') }), { own: bytes('02') }) as object;
    expect(JSON.stringify(detach(value, parts))).toBe('{"own":{"_placeholder":true,"num":0}}');
    expect(parts).toEqual([bytes('02')]);
  });

  it('leaves a placeholder written by the sender as it is', () => {
    const value = [slot(0), bytes('01')];
    expect(detach(value, [])).toEqual([slot(0), slot(0)]);
  });

  describe('with toJSON', () => {
    it('calls it once, with the key, before JSON.stringify', () => {
      const toJSON = vi.fn((key: string) => ({ key }));
      const value = [{ toJSON }, { at: { toJSON } }, { toJSON }];
      expect(JSON.stringify(detach(value, []))).toBe('[{"key":"0"},{"at":{"key":"at"}},{"key":"2"}]');
      expect(toJSON.mock.calls).toEqual([['0'], ['at'], ['2']]);
    });

    it('calls it with an empty key at the top', () => {
      expect(detach({ toJSON: (key: string) => `<${key}>` }, [])).toBe('<>');
    });

    it('leaves it to a serialiser that supports the object', () => {
      const value = { toJSON: vi.fn<() => unknown>(), part: bytes('01') };
      expect(detach([{ value }], [], '', 0, true)).toEqual([{ value }]);
      expect(value.toJSON).not.toHaveBeenCalled();
    });

    it('replaces the parts of its result', () => {
      const parts: Uint8Array[] = [];
      const value = { toJSON: () => ({ a: [bytes('01')], b: { toJSON: () => bytes('02') } }) };
      expect(detach([value], parts)).toEqual([{ a: [slot(0)], b: slot(1) }]);
      expect(parts).toEqual([bytes('01'), bytes('02')]);
    });

    it('does not call it on a Buffer, which has one', () => {
      expect(detach([{ toJSON: () => bytes('01') }, bytes('02')], [])).toEqual([slot(0), slot(1)]);
    });

    it.each<[string, () => unknown, string]>([
      ['undefined', () => undefined, '[null]'],
      ['null', () => null, '[null]'],
      ['a number', () => 5, '[5]'],
      ['an array', () => [1, [2]], '[[1,[2]]]'],
      ['an array with a toJSON', () => Object.assign([1, [2]], { toJSON: () => [3] }), '[[3]]'],
      ['an object with a toJSON', () => ({ a: 1, toJSON: () => 'asked' }), '[{"a":1}]'],
      ['a date', () => new Date(0), '[{}]'],
    ])('accepts %s as its result', (_, toJSON, text) => {
      expect(JSON.stringify(detach([{ toJSON }], []))).toBe(text);
    });

    it('accepts the object itself as its result', () => {
      class Self {
        part = bytes('01');
        more = { text: 'x' };
        toJSON() {
          return this;
        }
      }
      const parts: Uint8Array[] = [];
      expect(JSON.stringify(detach([new Self()], parts))).toBe(
        '[{"part":{"_placeholder":true,"num":0},"more":{"text":"x"}}]',
      );
      expect(parts).toEqual([bytes('01')]);
    });
  });

  describe('of a deep value', () => {
    const error = new SocketIoError(
      'VALUE_TOO_DEEP',
      'an emitted value must be plain data, got one that refers to itself or is nested more than 1000 levels deep',
    );

    it('accepts 1000 levels below the top and refuses one more', () => {
      const parts: Uint8Array[] = [];
      detach(wrapped(bytes('01'), 1_001), parts);
      expect(parts).toEqual([bytes('01')]);
      expect(() => detach(wrapped(bytes('01'), 1_002), [])).toThrow(error);
    });

    it('counts objects like arrays', () => {
      const value = wrapped(0, 1_001, (a) => ({ a }));
      expect(detach(value, [])).toBe(value);
      expect(() => detach({ value }, [])).toThrow(error);
    });

    it('counts a toJSON as a level', () => {
      expect(() => detach({ toJSON: () => wrapped(0, 1_000) }, [])).not.toThrow();
      expect(() => detach({ toJSON: () => wrapped(0, 1_001) }, [])).toThrow(error);
    });

    it('refuses arrays and objects that contain themselves', () => {
      const array: unknown[] = [];
      array.push({ array });
      expect(() => detach(array, [])).toThrow(error);
    });

    it('refuses a toJSON that returns an endless chain', () => {
      const value = { toJSON: (): unknown => ({ more: { toJSON: value.toJSON } }) };
      expect(() => detach(value, [])).toThrow(error);
    });
  });
});

describe('findSlots', () => {
  it('finds each placeholder with its holder and key', () => {
    const inner = { part: slot(2), plain: 'x', none: null };
    const list = [slot(0), [inner]];
    const value = ['e', list, slot(1)];
    const slots = findSlots(value, 3).toSorted((a, b) => a.num - b.num);
    expect(slots).toEqual([
      { holder: list, key: 0, num: 0 },
      { holder: value, key: 2, num: 1 },
      { holder: inner, key: 'part', num: 2 },
    ]);
    expect(slots[0]?.holder).toBe(list);
    expect(slots[1]?.holder).toBe(value);
    expect(slots[2]?.holder).toBe(inner);
  });

  it('ignores inherited members', () => {
    const polluted = Object.create({ inherited: slot(0) }) as object;
    expect(() => findSlots([polluted], 1)).toThrow(ProtocolError);
  });

  it('finds the last of 100,000 containers', () => {
    const value = [...Array.from({ length: 99_999 }, () => ({})), { part: slot(0) }];
    expect(findSlots(value, 1)).toEqual([{ holder: { part: slot(0) }, key: 'part', num: 0 }]);
  });

  it('does not look inside a placeholder', () => {
    expect(findSlots([{ ...slot(0), more: slot(1) }], 1)).toHaveLength(1);
  });

  it.each([
    { _placeholder: false, num: 0 },
    { _placeholder: 'true', num: 0 },
    { num: 0 },
    { placeholder: true, num: 0 },
  ])('treats %j as plain data', (item) => {
    expect(() => findSlots([item], 1)).toThrow(
      new ProtocolError('illegal attachments: fewer placeholders than announced'),
    );
  });

  it.each([-1, 1, 1e9, 0.5, Number.NaN, '0', 'splice', null, undefined, true, [0], {}])(
    'refuses the number %j of one part',
    (num) => {
      expect(() => findSlots([slot(num)], 1)).toThrow(
        new ProtocolError('illegal attachments: a placeholder has a number out of range or used before'),
      );
    },
  );

  it.each<[string, unknown, number]>([
    ['one number twice', [slot(0), slot(0)], 2],
    ['one number twice, apart', [slot(0), [{ a: slot(0) }], slot(1)], 2],
    ['a number more than announced', [slot(0), slot(1)], 1],
  ])('refuses %s', (_, value, count) => {
    expect(() => findSlots(value, count)).toThrow(
      new ProtocolError('illegal attachments: a placeholder has a number out of range or used before'),
    );
  });

  it.each<[string, unknown, number]>([
    ['a number too few', [slot(0)], 2],
    ['no number at all', ['e', {}, []], 1],
    ['no payload', undefined, 1],
  ])('refuses %s', (_, value, count) => {
    expect(() => findSlots(value, count)).toThrow(
      new ProtocolError('illegal attachments: fewer placeholders than announced'),
    );
  });
});

describe('attach', () => {
  it('puts each part in its position', () => {
    const value = ['e', { a: slot(1), b: 0 }, slot(0)];
    attach(findSlots(value, 2), [bytes('aa'), bytes('bb')]);
    expect(value).toEqual(['e', { a: bytes('bb'), b: 0 }, bytes('aa')]);
  });

  it('keeps the order of the keys and leaves them writable', () => {
    const holder: Record<string, unknown> = { a: slot(0), b: 1, c: slot(1) };
    attach(findSlots([holder], 2), [bytes('aa'), bytes('bb')]);
    expect(Object.keys(holder)).toEqual(['a', 'b', 'c']);
    holder['a'] = 'changed';
    delete holder['c'];
    expect(holder).toEqual({ a: 'changed', b: 1 });
  });

  it('leaves the prototype alone when the key is __proto__', () => {
    const holder = JSON.parse('{"__proto__":{"_placeholder":true,"num":0}}') as object;
    attach(findSlots([holder], 1), [bytes('aa')]);
    expect(Object.getPrototypeOf(holder)).toBe(Object.prototype);
    expect(Object.entries(holder)).toEqual([['__proto__', bytes('aa')]]);
  });
});
