import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../lib/errors.js';
import { checkContainers, countContainers, countContainersOf, weigh, weightOf } from '../../lib/protocol/containers.js';
import { type Packet, PacketType } from '../../lib/protocol/packet.js';

const LIFTED = { depth: Infinity, containers: Infinity };

const TOO_DEEP = new ProtocolError('the payload is nested too deeply');
const TOO_MANY = new ProtocolError('the payload has too many arrays and objects');

/** Whether a call throws because of the depth. */
function refusesDepth(call: () => void): boolean {
  try {
    call();
    return false;
  } catch (error) {
    expect(error).toEqual(TOO_DEEP);
    return true;
  }
}

const depthExceeds = (max: number, json: string, at: number): boolean =>
  refusesDepth(() => checkContainers(json, at, { ...LIFTED, depth: max }));

const valueDepthExceeds = (max: number, value: unknown): boolean =>
  refusesDepth(() => countContainersOf(value, { ...LIFTED, depth: max }));

describe('countContainers', () => {
  it.each<[string, number]>([
    ['', 0],
    ['"[{"', 0],
    ['[]', 1],
    ['{"a":[{}],"b":"]}"}', 3],
    ['["\\"[",[]]', 2],
    ['[[],[],{}]', 4],
    ['["unended', 1],
  ])('counts the arrays and objects of %s', (json, count) => {
    expect(countContainers(json, 0, LIFTED)).toBe(count);
    expect(countContainers(`[{${json}`, 2, LIFTED)).toBe(count);
  });

  it('stops at the first one too many', () => {
    expect(() => countContainers('[{},{},{}', 0, { ...LIFTED, containers: 3 })).toThrow(TOO_MANY);
    expect(countContainers('[{},{}', 0, { ...LIFTED, containers: 3 })).toBe(3);
  });
});

describe('checkContainers, with a limit on their number', () => {
  it.each([
    ['[[],[]]', 2],
    ['[{}]', 1],
    ['[]', 0],
  ])('refuses %s for more than %i', (json, containers) => {
    expect(() => checkContainers(json, 0, { ...LIFTED, containers })).toThrow(TOO_MANY);
  });

  it('accepts as many as allowed', () => {
    expect(() => checkContainers('[[],{}]', 0, { ...LIFTED, containers: 3 })).not.toThrow();
  });
});

describe('weigh', () => {
  it('adds 64 for each array and object to the length', () => {
    expect(weigh('0{"a":[1]}', 1)).toBe(9 + 2 * 64);
    expect(weigh('0', 1)).toBe(0);
  });
});

describe('weightOf', () => {
  it.each<[Packet, number]>([
    [{ type: PacketType.EVENT, nsp: '/', data: ['e', { a: [] }, Buffer.alloc(9)] }, 3],
    [{ type: PacketType.CONNECT, nsp: '/', data: { token: 'x' } }, 1],
    [{ type: PacketType.CONNECT, nsp: '/' }, 0],
    [{ type: PacketType.DISCONNECT, nsp: '/' }, 0],
  ])('adds 64 for each array and object of %j to its size', (packet, containers) => {
    expect(weightOf(packet, 100)).toBe(100 + 64 * containers);
  });
});

describe('checkContainers', () => {
  it.each<[json: string, max: number]>([
    ['[[]]', 2],
    ['[[],[],[],[[]]]', 3],
    ['{"a":{"b":{}},"c":{"d":[]}}', 3],
    ['["[[[[[[[[","{{{{{{{{"]', 1],
    ['["\\"[[[[[[[["]', 1],
    ['["\\\\\\"[[[[[[["]', 1],
    ['["]]]]",["}}}}"]]', 2],
    ['"[[[[[[[["', 0],
    ['[[[', 3],
    ['12345678', 1],
  ])('accepts %s within %i levels', (json, max) => {
    expect(depthExceeds(max, json, 0)).toBe(false);
  });

  it.each<[json: string, max: number]>([
    ['[[[]]]', 2],
    ['[{"a":[]}]', 2],
    ['[[],[],[],[[]]]', 2],
    ['{"a":{"b":{}},"c":{"d":[]}}', 2],
    ['["\\\\",[[["x"]]]]', 3],
    ['["\\"",[[["x"]]]]', 3],
    ['["]]]]",[["}}}}"]]]', 2],
    ['[[[[[[[[', 3],
    ['[]', 0],
  ])('rejects %s, with more than %i levels', (json, max) => {
    expect(depthExceeds(max, json, 0)).toBe(true);
  });

  it('starts at the given index', () => {
    expect(depthExceeds(2, '[[[[[[[2["e",[]]', 8)).toBe(false);
    expect(depthExceeds(2, '2/[,["e",[[]]]', 4)).toBe(true);
  });
});

describe('countContainersOf', () => {
  const circular: unknown[] = [];
  circular.push({ circular });

  it.each<[string, unknown, number]>([
    ['nothing', undefined, 0],
    ['null', null, 0],
    ['a string', '[[[[', 0],
    ['bytes', Buffer.alloc(9), 0],
    ['an ArrayBuffer', new ArrayBuffer(9), 0],
    ['two levels', [[], {}], 2],
    ['two levels with bytes inside', [[Buffer.alloc(1), new ArrayBuffer(1)], 1], 2],
    ['three levels', { a: { b: [null, 1, 'x'] }, c: 1 }, 3],
  ])('accepts %s with as many levels as it has', (_, value, max) => {
    expect(valueDepthExceeds(max, value)).toBe(false);
  });

  it.each<[string, unknown, number]>([
    ['one level', [], 0],
    ['two levels', [1, [], {}], 1],
    ['two levels with bytes inside', [[Buffer.alloc(1)]], 1],
    ['three levels', { a: { b: [null, 1, 'x'] }, c: 1 }, 2],
    ['a value that contains itself', circular, 64],
  ])('rejects %s with more levels than allowed', (_, value, max) => {
    expect(valueDepthExceeds(max, value)).toBe(true);
  });

  it('agrees with checkContainers', () => {
    for (const json of ['[]', '[[]]', '{"a":[1,{}]}', '[1,[2,[3,[4]]]]']) {
      for (const max of [0, 1, 2, 3, 4]) {
        expect(valueDepthExceeds(max, JSON.parse(json))).toBe(depthExceeds(max, json, 0));
      }
    }
  });

  it.each<[string, unknown, number]>([
    ['nothing', undefined, 0],
    ['a string', '[[[[', 0],
    ['bytes', Buffer.alloc(9), 0],
    ['an empty array', [], 1],
    ['arrays and objects on several levels', ['e', { a: [], b: { c: 1 } }, [[]]], 6],
    ['a date, which another parser may have made', [new Date()], 2],
  ])('counts those of %s', (_, value, count) => {
    expect(countContainersOf(value, LIFTED)).toBe(count);
  });

  it('refuses a value with more than allowed', () => {
    const value = [{}, [], {}];
    expect(countContainersOf(value, { ...LIFTED, containers: 4 })).toBe(4);
    expect(() => countContainersOf(value, { ...LIFTED, containers: 3 })).toThrow(TOO_MANY);
  });

  it('walks a value of 100,000 levels', () => {
    let value: unknown[] = [];
    for (let i = 1; i < 100_000; i++) value = [value];
    expect(valueDepthExceeds(100_000, value)).toBe(false);
    expect(valueDepthExceeds(99_999, value)).toBe(true);
  });
});
