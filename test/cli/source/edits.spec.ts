import { describe, expect, it } from 'vitest';
import { Edits } from '../../../lib/cli/source/edits.js';

function edited(text: string, change: (edits: Edits) => void): string {
  const edits = new Edits();
  change(edits);
  return edits.apply(text);
}

describe('Edits', () => {
  it('changes only what they cover', () => {
    expect(
      edited('a b c d', (edits) => {
        edits.remove(4, 6);
        edits.replace(2, 3, 'B');
        edits.insert(7, '!');
      }),
    ).toBe('a B d!');
  });

  it('keep the order of insertions at one position, before a replacement there', () => {
    expect(
      edited('xy', (edits) => {
        edits.replace(1, 2, 'Y');
        edits.insert(1, '1');
        edits.insert(1, '2');
      }),
    ).toBe('x12Y');
  });

  it('drop what lies in a larger edit, and unite removals that overlap', () => {
    expect(
      edited('0123456789', (edits) => {
        edits.replace(2, 3, 'lost');
        edits.remove(1, 5);
        edits.remove(4, 7);
      }),
    ).toBe('0789');
  });

  it('leave one blank line between what stays, and none at the start and end of a block', () => {
    const text = 'a\n\nb\n\nc\n\nd {\n  e\n\n  f\n\n  g\n}\n';
    const lines = (edits: Edits, ...names: readonly string[]): void => {
      for (const name of names) {
        const start = text.lastIndexOf('\n', text.indexOf(name)) + 1;
        edits.remove(start, text.indexOf('\n', start) + 1);
      }
    };
    expect(edited(text, (edits) => lines(edits, 'b', 'c', 'e', 'g'))).toBe('a\n\nd {\n  f\n}\n');
  });

  it('keep a blank line into which another edit writes', () => {
    expect(
      edited('a\n\nb\n\nc\n', (edits) => {
        edits.remove(3, 5);
        edits.insert(5, '!');
      }),
    ).toBe('a\n\n!\nc\n');
  });

  it('apply to a part of a text', () => {
    const edits = new Edits();
    edits.remove(0, 1);
    edits.replace(3, 4, 'X');
    expect(edits.apply('01234567', 2, 6)).toBe('2X45');
    expect([edits.removes(0), edits.removes(1), edits.removes(3), edits.isEmpty]).toEqual([true, false, false, false]);
  });
});
