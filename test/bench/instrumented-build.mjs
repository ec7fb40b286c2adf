/**
 * A copy of `dist/` in which every function reports that it is entered, for counting what one event runs through.
 * The copy is a package of its own below the repository, so that `nest-socketio` imported from inside it is the copy,
 * and all other packages are found as usual.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The global that instrumented functions call with their file and name; calling nothing while it is not set. */
const HOOK = 'onFunctionEntered';

/**
 * Copies and instruments `dist/`.
 * @returns `load()`, which imports the copy's index; `record(onEntered)`, which has `onEntered(file, name)` called for
 * every function that is entered, or for none with `null`; `remove()`, which deletes the copy
 */
export function instrumentBuild() {
  mkdirSync(join(ROOT, 'build'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, 'build', 'instrumented-'));
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  for (const file of readdirSync(join(ROOT, 'dist'), { recursive: true })) {
    if (!file.endsWith('.js')) continue;
    const target = join(folder, 'dist', file);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, instrumented(readFileSync(join(ROOT, 'dist', file), 'utf8'), file));
  }
  return {
    load: () => import(join(folder, 'dist/index.js')),
    record: (onEntered) => void (globalThis[HOOK] = onEntered),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** @returns `text` with a call of the hook at the start of every function, method, accessor and arrow function */
export function instrumented(text, file) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const original = file.replace(/\.js$/, '.ts');
  const insertions = [];
  const visit = (node) => {
    if (ts.isFunctionLike(node) && node.body !== undefined) {
      const call = `globalThis.${HOOK}?.(${JSON.stringify(original)}, ${JSON.stringify(nameOf(node))})`;
      const { body } = node;
      if (ts.isBlock(body)) insertions.push([body.getStart() + 1, `${call};`]);
      else insertions.push([body.getStart(), `(${call}, `], [body.getEnd(), ')']);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  let result = '';
  let end = 0;
  for (const [at, inserted] of insertions.toSorted(([a], [b]) => a - b)) {
    result += text.slice(end, at) + inserted;
    end = at;
  }
  return result + text.slice(end);
}

/** `Class.method`, `get Class.property`, `name`; an unnamed function goes by the function or class around it. */
function nameOf(node) {
  const holder = ts.findAncestor(node.parent, (parent) => ts.isClassLike(parent) || ts.isFunctionLike(parent));
  const prefix = holder === undefined ? '' : `${ts.isClassLike(holder) ? (holder.name?.text ?? '') : nameOf(holder)}.`;
  const own =
    node.name ??
    (ts.isVariableDeclaration(node.parent) || ts.isPropertyDeclaration(node.parent) ? node.parent.name : null);
  if (ts.isConstructorDeclaration(node)) return `${prefix}constructor`;
  const accessor = ts.isGetAccessor(node) ? 'get ' : ts.isSetAccessor(node) ? 'set ' : '';
  return `${accessor}${prefix}${own?.getText() ?? '(anonymous)'}`;
}
