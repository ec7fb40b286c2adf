import { expect, it } from 'vitest';
import { Assembler, type Part, partsUpTo, Splitter } from '../../../lib/cluster/nats/message-parts.js';

const bytes = (text: string) => Buffer.from(text);

const largePart = (message: string, index: number): Part => ({
  subject: `c.part.${message}.${index}.2`,
  bytes: Buffer.alloc(50_000_000),
});

it('leaves a message whole that is small enough', () => {
  expect(new Splitter('c').split(bytes('abc'), 3)).toEqual([{ subject: 'c', bytes: bytes('abc') }]);
});

it('puts the parts of messages together, in whatever way those of several senders alternate', () => {
  const assembler = new Assembler();
  const splitter = new Splitter('c');
  const [a, b, other] = [splitter.split(bytes('abcde'), 2), splitter.split(bytes('fghi'), 2), new Splitter('c')];
  const c = other.split(bytes('xyz'), 1);
  const add = (parts: readonly Part[], index: number) => assembler.add(parts[index] as Part)?.toString() ?? null;
  expect([add(a, 0), add(b, 0), add(c, 0), add(c, 1), add(b, 1)]).toEqual([null, null, null, null, 'fghi']);
  expect([add(a, 1), add(a, 2), add(c, 2)]).toEqual([null, 'abcde', 'xyz']);
});

it('drops a message of which a part is missing', () => {
  const assembler = new Assembler();
  const parts = new Splitter('c').split(bytes('abc'), 1);
  expect([0, 2, 1, 2].map((index) => assembler.add(parts[index] as Part))).toEqual([null, null, null, null]);
  const again = [0, 1, 2].map((index) => assembler.add(parts[index] as Part));
  expect(again.at(-1)?.toString()).toBe('abc');
  assembler.add(parts[0] as Part);
  assembler.clear();
  expect([1, 2].map((index) => assembler.add(parts[index] as Part))).toEqual([null, null]);
});

it('drops the oldest incomplete messages when they take too much memory', () => {
  const assembler = new Assembler();
  for (const message of ['a', 'b', 'c']) assembler.add(largePart(message, 0));
  expect(assembler.add(largePart('a', 1))).toBeNull();
  expect(assembler.add(largePart('c', 1))?.length).toBe(100_000_000);
});

it('finds the subjects of all parts by that of the last one', () => {
  const [first, last] = new Splitter('c').split(bytes('ab'), 1).map(({ subject }) => subject);
  expect(partsUpTo(last as string)).toEqual([first, last]);
  expect(partsUpTo(first as string)).toBeNull();
  expect(partsUpTo('c')).toBeNull();
});
