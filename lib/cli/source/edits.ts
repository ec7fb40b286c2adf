/** Changes to a text by position. Whatever no edit covers stays as it is, byte for byte. */

export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const BLANK_LINE = /^[ \t]*\r?\n/;
const LAST_BLANK_LINE = /\n[ \t]*\r?\n$/;
/** The end of a text after which a blank line would be one too many. */
const ABOVE = /(?:^|\n|\{)[ \t]*\r?\n$/;

export class Edits {
  #edits: Edit[] = [];

  get isEmpty(): boolean {
    return this.#edits.length === 0;
  }

  replace(start: number, end: number, text: string): void {
    this.#edits.push({ start, end, text });
  }

  /** Insertions at the same position keep their order. */
  insert(position: number, text: string): void {
    this.replace(position, position, text);
  }

  remove(start: number, end: number): void {
    this.replace(start, end, '');
  }

  clear(): void {
    this.#edits = [];
  }

  /** Whether a position is removed. */
  removes(position: number): boolean {
    return this.#edits.some(({ start, end, text }) => text === '' && start <= position && position < end);
  }

  /**
   * Applies the edits that lie in a part of a text. Of two that overlap, the one that covers more counts. Of the blank
   * lines above and below removed lines, one stays; none does at the start or the end of a block.
   */
  apply(text: string, from = 0, to: number = text.length): string {
    const edits = this.#edits
      .map((edit, order) => ({ ...edit, order }))
      .filter(({ start, end }) => start >= from && end <= to)
      .toSorted(
        (a, b) =>
          a.start - b.start || Number(a.end > a.start) - Number(b.end > b.start) || b.end - a.end || a.order - b.order,
      );
    let result = '';
    let position = from;
    for (const [index, { start, end, text: added }] of edits.entries()) {
      if (start < position) {
        if (end > position) position = end; // the union of two removals
      } else {
        result += text.slice(position, start) + added;
        position = end;
      }
      const isWholeLines = added === '' && text[start - 1] === '\n' && text[position - 1] === '\n';
      if (!isWholeLines) continue;
      const next = edits.slice(index + 1).find((one) => one.start >= position)?.start ?? to;
      const blank = BLANK_LINE.exec(text.slice(position, to))?.[0] ?? '';
      if (blank !== '' && ABOVE.test(result) && position + blank.length <= next) position += blank.length;
      if (/^[ \t]*\}/.test(text.slice(position, to))) result = result.replace(LAST_BLANK_LINE, '\n');
    }
    return result + text.slice(position, to);
  }
}
