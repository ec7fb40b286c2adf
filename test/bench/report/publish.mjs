/** Publishes results: writes files to a folder, and tables into the marked places of a document. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The default folder of results. */
export const DOCS = fileURLToPath(new URL('../../../docs/performance', import.meta.url));

/**
 * Prints a text, writes it to `NAME.md`, and fills the place of that name in the document next to the folder.
 * @param contender if given, the file is `NAME-CONTENDER.md`, and the document gets only the text on this package
 */
export function publish(folder, name, text, contender) {
  writeFiles(folder, { [`${contender === undefined ? name : `${name}-${contender}`}.md`]: `${text}\n` });
  if (contender === undefined || contender === 'nest-socketio') fillDocument(folder, name, text);
  console.log(text);
}

export function writeFiles(folder, files) {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
}

/**
 * Replaces the content between `<!-- NAME -->` and `<!-- end of NAME -->` in a text.
 * @throws if the text has no such place
 */
export function filled(text, name, content) {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the document must contain ${begin} and, after it, ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}

/** Fills a place of the document next to the folder, such as `docs/performance.md`, if that document exists. */
export function fillDocument(folder, name, content) {
  const file = `${folder}.md`;
  if (existsSync(file)) writeFileSync(file, filled(readFileSync(file, 'utf8'), name, content));
}
