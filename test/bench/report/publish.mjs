/** Writes what was found: files into a folder, and tables into the marked places of a document. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where results go that nobody sends elsewhere. */
export const DOCS = fileURLToPath(new URL('../../../docs/performance', import.meta.url));

export function writeFiles(folder, files) {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
}

/**
 * Replaces what stands between `<!-- NAME -->` and `<!-- end of NAME -->` in a text.
 * @throws when there is no such place
 */
export function filled(text, name, content) {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`there is no place between ${begin} and ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}

/** Fills a place of the document that stands beside the folder, if there is one: `docs/performance.md`. */
export function fillDocument(folder, name, content) {
  const file = `${folder}.md`;
  if (existsSync(file)) writeFileSync(file, filled(readFileSync(file, 'utf8'), name, content));
}
