/** A file with code: its syntax tree, the names that it imports, and where things are in it. */
import type ts from 'typescript';
import type { TypeScript } from '../load-typescript.js';
import { isPage } from '../project/project.js';

/** A call, or an object made with `new`. */
export type Call = ts.CallExpression | ts.NewExpression;

/** A name that a file gets from a module. */
export interface ImportedName {
  /** The name in the file. */
  readonly local: string;
  /** The exported name; `default`, or `*` for all of them as one object. */
  readonly name: string;
  readonly module: string;
  readonly isTypeOnly: boolean;
  readonly node: ts.ImportDeclaration | ts.VariableDeclaration;
}

/** A name that an `import` declares. */
export interface Imported extends ImportedName {
  readonly node: ts.ImportDeclaration;
  readonly element: ts.ImportSpecifier | null;
}

export class ParsedSource {
  readonly ts: TypeScript;
  readonly path: string;
  /** The text of the file. Of a page or component, all but its scripts is blank, so that positions are the same. */
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Imported[];
  #nodes: readonly ts.Node[] | null = null;

  constructor(typescript: TypeScript, path: string, text: string) {
    this.ts = typescript;
    this.path = path;
    this.text = isPage(path) ? scriptsOf(text) : text;
    const kind = isPage(path) ? typescript.ScriptKind.TS : undefined; // by the ending of the name
    this.tree = typescript.createSourceFile(path, this.text, typescript.ScriptTarget.Latest, true, kind);
    this.imports = this.tree.statements.flatMap((statement) => importsOf(typescript, statement));
  }

  // --- Public methods ---

  /** Whether the file is JavaScript, without types. */
  get isJavaScript(): boolean {
    return /\.[cm]?jsx?$/.test(this.path);
  }

  textOf(node: ts.Node): string {
    return this.text.slice(node.getStart(this.tree), node.end);
  }

  /** The number of a node's line, from 1. */
  lineOf(node: ts.Node): number {
    return this.tree.getLineAndCharacterOfPosition(node.getStart(this.tree)).line + 1;
  }

  /** The white space before the first token of a node's line. */
  indentOf(node: ts.Node): string {
    const start = this.lineStart(node.getStart(this.tree));
    return /^[ \t]*/.exec(this.text.slice(start))?.[0] ?? '';
  }

  /** Whether a node is the first on its line. */
  isOwnLine(node: ts.Node): boolean {
    const start = node.getStart(this.tree);
    return this.text.slice(this.lineStart(start), start).trim() === '';
  }

  /** Every node of the file, in the order of the text. */
  get nodes(): readonly ts.Node[] {
    return (this.#nodes ??= this.descendants(this.tree));
  }

  /** All nodes of the file, or below a node, for which a test holds. */
  find<N extends ts.Node>(test: (node: ts.Node) => node is N, below: ts.Node = this.tree): N[] {
    const found: N[] = [];
    const visit = (node: ts.Node): void => {
      if (test(node)) found.push(node);
      this.ts.forEachChild(node, visit);
    };
    this.ts.forEachChild(below, visit);
    return found;
  }

  /** All nodes below a node. */
  descendants(below: ts.Node): ts.Node[] {
    return this.find((node): node is ts.Node => node !== undefined, below);
  }

  /** The calls of the file, `new` included. */
  get calls(): Call[] {
    return this.nodes.filter((node) => this.ts.isCallExpression(node) || this.ts.isNewExpression(node));
  }

  /** The text of what a call calls, without white space: `io.connect`. */
  calleeOf({ expression }: Call): string {
    return this.textOf(expression).replaceAll(/\s/g, '');
  }

  /** The decorators of a class or a member. */
  decoratorsOf(node: ts.Node): readonly ts.Decorator[] {
    return this.ts.canHaveDecorators(node) ? (this.ts.getDecorators(node) ?? []) : [];
  }

  /** The property of that name in an object literal, `null` if there is none. */
  propertyOf(object: ts.ObjectLiteralExpression, name: string): ts.ObjectLiteralElementLike | null {
    return (
      object.properties.find(
        (one) => one.name !== undefined && this.textOf(one.name).replaceAll(/['"]/g, '') === name,
      ) ?? null
    );
  }

  /** The value of a property that is written as `name: value`, otherwise `null`. */
  valueOf(object: ts.ObjectLiteralExpression, name: string): ts.Expression | null {
    const property = this.propertyOf(object, name);
    return property !== null && this.ts.isPropertyAssignment(property) ? property.initializer : null;
  }

  /** The names that the file gets from a module with `import` or `require`. */
  namesFrom(module: string): ImportedName[] {
    const required = this.nodes.flatMap((node) => (this.ts.isVariableDeclaration(node) ? this.#required(node) : []));
    return [...this.imports, ...required].filter((one) => one.module === module);
  }

  lineStart(position: number): number {
    return this.text.lastIndexOf('\n', position - 1) + 1;
  }

  // --- Inside ---

  #required(node: ts.VariableDeclaration): ImportedName[] {
    const { initializer, name } = node;
    if (initializer === undefined || !this.ts.isCallExpression(initializer)) return [];
    const [argument] = initializer.arguments;
    if (this.calleeOf(initializer) !== 'require' || argument === undefined) return [];
    if (!this.ts.isStringLiteral(argument)) return [];
    const required = (local: string, exported: string): ImportedName => {
      return { local, name: exported, module: argument.text, isTypeOnly: false, node };
    };
    if (this.ts.isIdentifier(name)) return [required(name.text, '*')];
    if (!this.ts.isObjectBindingPattern(name)) return [];
    return name.elements.map((one) => required(this.textOf(one.name), this.textOf(one.propertyName ?? one.name)));
  }
}

function importsOf(typescript: TypeScript, node: ts.Statement): Imported[] {
  if (!typescript.isImportDeclaration(node) || !typescript.isStringLiteral(node.moduleSpecifier)) return [];
  const module = node.moduleSpecifier.text;
  const found: Imported[] = [];
  const { name, namedBindings, isTypeOnly = false } = node.importClause ?? {};
  const whole = { module, isTypeOnly, node, element: null };
  if (name !== undefined) found.push({ ...whole, local: name.text, name: 'default' });
  if (namedBindings === undefined) return found;
  if (typescript.isNamespaceImport(namedBindings)) {
    found.push({ ...whole, local: namedBindings.name.text, name: '*' });
  } else {
    for (const element of namedBindings.elements) {
      const imported = (element.propertyName ?? element.name).text;
      const isType = isTypeOnly || element.isTypeOnly;
      found.push({ local: element.name.text, name: imported, module, isTypeOnly: isType, node, element });
    }
  }
  return found;
}

/** Blanks everything out but the scripts of a page or component. */
function scriptsOf(text: string): string {
  let result = '';
  let end = 0;
  for (const match of text.matchAll(/(<script\b[^>]*>)(.*?)<\/script>/gs)) {
    const start = match.index + (match[1] as string).length;
    result += blank(text.slice(end, start)) + (match[2] as string);
    end = start + (match[2] as string).length;
  }
  return result + blank(text.slice(end));
}

function blank(text: string): string {
  return text.replaceAll(/[^\r\n]/g, ' ');
}
