/** A source file that is being changed: the edits to its text, and the imports that it needs. */
import type ts from 'typescript';
import type { TypeScript } from '../load-typescript.js';
import { Edits } from './edits.js';
import { type Imported, ParsedSource } from './parsed-source.js';
import { type Style, styleOf } from './style.js';
import { TODO } from './todo.js';

/** The name that a module has after the changes. */
export type ModuleName = (module: string) => string;

export class Source extends ParsedSource {
  readonly style: Style;
  readonly edits = new Edits();
  readonly #nameAfter: ModuleName;
  /** The imports to add: exported and local names, by module. */
  readonly #added = new Map<string, Map<string, string>>();
  /** The names among them that are types. */
  readonly #types = new Set<string>();

  // --- Public methods ---

  /** @param nameAfter for modules whose imports are rewritten later: a name from them is imported already */
  constructor(typescript: TypeScript, path: string, text: string, nameAfter: ModuleName = (module) => module) {
    super(typescript, path, text);
    this.style = styleOf(text);
    this.#nameAfter = nameAfter;
  }

  /** The text of a node with the edits inside it. */
  editedText(node: ts.Node): string {
    return this.edits.apply(this.text, node.getStart(this.tree), node.end);
  }

  /** The references to a name that are not removed, without its declarations and imports. */
  uses(name: string, below: ts.Node = this.tree): ts.Identifier[] {
    return this.find(this.ts.isIdentifier, below).filter(
      (node) => node.text === name && this.#isReference(node) && !this.edits.removes(node.getStart(this.tree)),
    );
  }

  /** The accesses to a member of `this`. */
  memberUses(name: string): ts.PropertyAccessExpression[] {
    return this.find(this.ts.isPropertyAccessExpression).filter(
      ({ expression, name: member }) => member.text === name && expression.kind === this.ts.SyntaxKind.ThisKeyword,
    );
  }

  /** Removes whole lines: a statement with the comments above it. */
  removeLines(node: ts.Node): void {
    const start = this.lineStart(this.#commentStart(node));
    const lineEnd = this.text.indexOf('\n', node.end);
    const end = lineEnd === -1 ? this.text.length : lineEnd + 1;
    const sameLine = this.text.slice(node.end, lineEnd === -1 ? undefined : lineEnd).trim();
    if (this.text.slice(start, this.#commentStart(node)).trim() !== '' || !/^;?\s*(\/\/.*)?$/.test(sameLine)) {
      this.edits.remove(node.getStart(this.tree), node.end);
      return;
    }
    this.edits.remove(start, end);
  }

  /** Writes a comment above the line of a node, unless it is there already. */
  todo(node: ts.Node, text: string): void {
    const comment = `// ${TODO} ${text}`;
    if (this.text.includes(comment)) return;
    const start = this.lineStart(node.getStart(this.tree));
    this.edits.insert(start, `${this.indentOf(node)}${comment}${this.style.newline}`);
  }

  /** The string literal of a text, in the quotes of the file. */
  quoted(text: string): string {
    return `${this.style.quote}${text}${this.style.quote}`;
  }

  /**
   * Imports a name, merged into an import of that module if there is one.
   * @returns the name to write, which differs if the file has another meaning for it
   */
  addImport(name: string, module: string, { isType = false }: { readonly isType?: boolean } = {}): string {
    const same = (from: string): boolean => this.#nameAfter(from) === module;
    const existing = this.imports.find((one) => one.name === name && same(one.module) && (isType || !one.isTypeOnly));
    if (existing !== undefined && !this.edits.removes(existing.node.getStart(this.tree))) return existing.local;
    const typeOnly = this.imports.find((one) => one.name === name && same(one.module));
    if (typeOnly !== undefined && !isType) this.removeImport(typeOnly);
    const taken = this.imports.some((one) => one.local === name && !same(one.module)) || this.#declares(name);
    const local = taken ? `SocketIo${name}` : name;
    if (isType) this.#types.add(name);
    const names = this.#added.get(module) ?? new Map<string, string>();
    if (!isType) this.#types.delete(name);
    this.#added.set(module, names.set(name, local));
    return local;
  }

  /** Makes a type import of a name one that exists at run time, as injection needs it. */
  importAsValue(local: string): void {
    const imported = this.imports.find((one) => one.local === local);
    if (imported === undefined || !imported.isTypeOnly) return;
    this.removeImport(imported);
    const names = this.#added.get(imported.module) ?? new Map<string, string>();
    this.#added.set(imported.module, names.set(imported.name, local));
  }

  /** Imports what another file imports, in the same way, from the given module. */
  addImportOf({ local, name }: Imported, module: string): void {
    const existing = this.imports.some(
      (one) => one.local === local && !this.edits.removes(one.node.getStart(this.tree)),
    );
    if (existing) return;
    const names = this.#added.get(module) ?? new Map<string, string>();
    this.#added.set(module, names.set(name, local));
  }

  /** Removes an imported name, and the whole import if it is the last one. */
  removeImport(imported: Imported): void {
    const { node, element } = imported;
    const all = this.imports.filter((other) => other.node === node);
    const left = all.filter(
      (other) => other !== imported && !this.edits.removes((other.element ?? node).getStart(this.tree)),
    );
    if (element === null || left.length === 0) this.removeLines(node);
    else this.#removeElement(element, element.parent.elements);
  }

  /** Removes the imports of these names that nothing uses any more. */
  removeUnusedImports(names: Iterable<string>): void {
    for (const name of names) {
      const imported = this.imports.find((one) => one.local === name);
      if (imported !== undefined && this.uses(name).length === 0) this.removeImport(imported);
    }
  }

  /** Removes an element of a list, with its comma. */
  removeElement<N extends ts.Node>(element: N, list: ts.NodeArray<N>): void {
    this.#removeElement(element, list);
  }

  get isChanged(): boolean {
    return !this.edits.isEmpty || this.#added.size > 0;
  }

  /** Forgets all changes. */
  reset(): void {
    this.edits.clear();
    this.#added.clear();
    this.#types.clear();
  }

  /** The text with all edits. */
  result(): string {
    this.#writeImports();
    return this.edits.apply(this.text);
  }

  // --- Inside ---

  /** The start of the comments that stand directly above a node, or of the node. */
  #commentStart(node: ts.Node): number {
    let start = node.getStart(this.tree);
    const ranges = this.ts.getLeadingCommentRanges(this.text, node.getFullStart()) ?? [];
    for (const { pos, end } of ranges.toReversed()) {
      const gap = this.text.slice(end, start);
      const ownLine = this.text.slice(this.lineStart(pos), pos).trim() === '';
      if (!ownLine || gap.split('\n').length !== 2 || this.text.slice(pos, end).includes(TODO)) break;
      // A comment at the head of the file, or one that speaks to a tool, is about more than the statement.
      if (pos === 0 || /eslint|prettier|@ts-|@format/.test(this.text.slice(pos, end))) break;
      start = pos;
    }
    return start;
  }

  #isReference(node: ts.Identifier): boolean {
    const { ts } = this;
    const { parent } = node;
    if (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) return parent.name !== node;
    if (ts.isQualifiedName(parent)) return parent.right !== node;
    if (ts.isImportEqualsDeclaration(parent)) return parent.name !== node;
    if (ts.isImportSpecifier(parent) || ts.isImportClause(parent) || ts.isNamespaceImport(parent)) return false;
    if (ts.isVariableDeclaration(parent) || ts.isParameter(parent)) return parent.name !== node;
    if (ts.isBindingElement(parent)) return parent.initializer === node;
    if (ts.isClassDeclaration(parent) || ts.isFunctionDeclaration(parent)) return false;
    if (ts.isTypeAliasDeclaration(parent) || ts.isInterfaceDeclaration(parent)) return parent.name !== node;
    if (ts.isMethodDeclaration(parent) || ts.isPropertyDeclaration(parent)) return parent.name !== node;
    return true;
  }

  #declares(name: string): boolean {
    const { ts } = this;
    return this.find(ts.isIdentifier).some(
      (node) =>
        node.text === name &&
        ((ts.isClassDeclaration(node.parent) && node.parent.name === node) ||
          (ts.isInterfaceDeclaration(node.parent) && node.parent.name === node) ||
          (ts.isTypeAliasDeclaration(node.parent) && node.parent.name === node) ||
          (ts.isVariableDeclaration(node.parent) && node.parent.name === node)),
    );
  }

  #removeElement<N extends ts.Node>(element: N, list: ts.NodeArray<N>): void {
    const index = list.indexOf(element);
    const next = list[index + 1];
    const previous = list.slice(0, index).findLast((one) => !this.edits.removes(one.getStart(this.tree)));
    if (next !== undefined) this.edits.remove(element.getStart(this.tree), next.getStart(this.tree));
    else if (previous !== undefined) this.edits.remove(previous.end, element.end);
    else this.edits.remove(element.getStart(this.tree), element.end + (list.hasTrailingComma ? 1 : 0));
  }

  #writeImports(): void {
    for (const [module, names] of this.#added) this.#writeImport(module, names);
    this.#added.clear();
  }

  #writeImport(module: string, all: ReadonlyMap<string, string>): void {
    const { quote, semicolon } = this.style;
    const from = `from ${quote}${module}${quote}${semicolon}`;
    for (const [name, local] of all) {
      if (name === '*') this.#writeLine(`import * as ${local} ${from}`);
      if (name === 'default') this.#writeLine(`import ${local} ${from}`);
    }
    const names = new Map([...all].filter(([name]) => name !== '*' && name !== 'default'));
    if (names.size === 0) return;
    const same = this.imports.find(
      (one) =>
        one.element !== null &&
        one.node.importClause?.isTypeOnly !== true &&
        this.#nameAfter(one.module) === module &&
        !this.edits.removes(one.element.getStart(this.tree)) &&
        !this.edits.removes(one.node.getStart(this.tree)),
    );
    const marksTypes = !this.isJavaScript && /^import (type\b|\{[^}]*\btype )/m.test(this.text);
    const list = [...names].map(([name, local]) => {
      const mark = marksTypes && this.#types.has(name) ? 'type ' : '';
      return mark + (name === local ? name : `${name} as ${local}`);
    });
    if (same?.element !== null && same !== undefined) {
      const at = same.element.parent.elements.at(-1) as ts.ImportSpecifier;
      const separator = this.isOwnLine(at) ? `,${this.style.newline}${this.indentOf(at)}` : ', ';
      const position = this.edits.removes(at.getStart(this.tree)) ? same.element.end : at.end;
      this.edits.insert(position, list.map((one) => separator + one).join(''));
      return;
    }
    if (this.#usesRequire) {
      const pattern = list.join(', ').replaceAll(' as ', ': ');
      this.#writeLine(`const { ${pattern} } = require(${this.quoted(module)})${semicolon}`);
    } else this.#writeLine(`import { ${list.join(', ')} } ${from}`);
  }

  get #lastImport(): ts.Statement | undefined {
    return this.tree.statements.findLast(
      (statement) => this.ts.isImportDeclaration(statement) || this.#isRequire(statement),
    );
  }

  get #usesRequire(): boolean {
    const last = this.#lastImport;
    return last !== undefined && !this.ts.isImportDeclaration(last);
  }

  /** Writes a line below the imports. */
  #writeLine(line: string): void {
    const last = this.#lastImport;
    const lineEnd = last === undefined ? -1 : this.text.indexOf('\n', last.end);
    const position = last === undefined ? this.#headerEnd() : lineEnd === -1 ? this.text.length : lineEnd + 1;
    this.edits.insert(position, `${line}${this.style.newline}`);
  }

  /** The end of `#!`, a byte order mark and comments at the head of the file. */
  #headerEnd(): number {
    const first = this.tree.statements[0];
    return first === undefined ? this.text.length : this.lineStart(first.getStart(this.tree));
  }

  #isRequire(statement: ts.Statement): boolean {
    return this.ts.isVariableStatement(statement) && /=\s*require\(['"][^'"]+['"]\);?\s*$/.test(this.textOf(statement));
  }
}
