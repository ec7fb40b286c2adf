/** Reads the configuration of nginx: directives and blocks. */

import { lineAt } from './places.js';

/** A directive such as `listen 80;`, or a block such as `location / { ... }`. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  /** Counted from 1. */
  readonly line: number;
  /** The directives of a block; empty for others. */
  readonly children: readonly Directive[];
}

/** Returns the directives of a file; `null` if the text is not a configuration of nginx. */
export function parseNginx(text: string): Directive[] | null {
  const tokens = [
    ...text.matchAll(/#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{};]|(?:\$\{[^}]*\}|\\.|[^\s{};"'\\])+/gs),
  ]
    .filter(([token]) => !token.startsWith('#'))
    .map(({ 0: token, index }) => ({ token, index }));
  let next = 0;
  const block = (isNested: boolean): Directive[] | null => {
    const directives: Directive[] = [];
    for (let words: string[] = [], start = 0; ; next++) {
      const current = tokens[next];
      if (current === undefined || current.token === '}') {
        return words.length === 0 && (current !== undefined) === isNested ? directives : null;
      }
      if (current.token !== ';' && current.token !== '{') {
        if (words.length === 0) start = current.index;
        words.push(current.token.replaceAll(/^(["'])(.*)\1$/gs, '$2'));
        continue;
      }
      const [name, ...args] = words;
      if (name === undefined) return null;
      let children: Directive[] | null = [];
      if (current.token === '{') {
        next++;
        children = block(true);
        if (children === null) return null;
      }
      directives.push({ name, args, line: lineAt(text, start), children });
      words = [];
    }
  };
  return block(false);
}
