/** The syntax trees of a project, each parsed when a check first needs it, and questions that several checks have. */
import type ts from 'typescript';
import type { TypeScript } from '../load-typescript.js';
import type { Project } from '../project/project.js';

const EMBEDDED = /\.(?:vue|svelte|html)$/;
const TEST = /[.-](?:e2e-)?(?:spec|test)\.[cm]?[jt]sx?$|(?:^|\/)(?:tests?|__tests__|e2e|cypress)\//;

/** A call, or an object made with `new`. */
export type Call = ts.CallExpression | ts.NewExpression;

/** A name that a file imports. */
export interface ImportedName {
  readonly local: string;
  /** The exported name; `default`, or `*` for all of them as one object. */
  readonly imported: string;
  readonly isTypeOnly: boolean;
  readonly node: ts.Node;
}

export class Syntax {
  readonly #withCode: ReadonlySet<string>;
  readonly #trees = new Map<string, ts.SourceFile>();
  readonly #nodes = new Map<string, readonly ts.Node[]>();

  constructor(
    readonly ts: TypeScript,
    private readonly project: Project,
  ) {
    const paths = [...project.files.keys()].filter((path) => EMBEDDED.test(path));
    this.#withCode = new Set([...project.sources, ...paths]);
  }

  // --- Public methods ---

  /**
   * Returns the files with code that contain a text. Most checks look at files that name a package.
   * @param tests whether to include tests
   */
  filesWith(text: string, { tests = false } = {}): string[] {
    return [...this.project.files]
      .filter(([path, code]) => code.includes(text) && this.#withCode.has(path) && (tests || !TEST.test(path)))
      .map(([path]) => path);
  }

  /** Returns every node of a file, in the order of the text. */
  nodes(path: string): readonly ts.Node[] {
    let nodes = this.#nodes.get(path);
    if (nodes === undefined) {
      const all: ts.Node[] = [];
      const visit = (node: ts.Node): void => {
        all.push(node);
        this.ts.forEachChild(node, visit);
      };
      visit(this.tree(path));
      this.#nodes.set(path, (nodes = all));
    }
    return nodes;
  }

  /** Returns the calls of a file, `new` included. */
  calls(path: string): Call[] {
    return this.nodes(path).filter((node) => this.ts.isCallExpression(node) || this.ts.isNewExpression(node));
  }

  /** Returns the text of what a call calls: `io.connect`. */
  callee(call: Call): string {
    return call.expression.getText().replaceAll(/\s/g, '');
  }

  /** Returns the line of a node, counted from 1. */
  line(node: ts.Node): number {
    const file = node.getSourceFile();
    return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
  }

  /** Returns the names that a file gets from a module with `import` or `require`. */
  importsFrom(path: string, module: string): ImportedName[] {
    return this.nodes(path).flatMap((node) => {
      if (this.ts.isImportDeclaration(node)) return this.#importedNames(node, module);
      return this.ts.isVariableDeclaration(node) ? this.#requiredNames(node, module) : [];
    });
  }

  /** Whether code that uses this package sets an option of that name somewhere. */
  setsOption(name: string): boolean {
    const files = new Set([...this.filesWith('nest-socketio'), ...this.filesWith('WebSocketGateway')]);
    return [...files].some((path) =>
      this.nodes(path).some((node) => this.ts.isObjectLiteralElementLike(node) && node.name?.getText() === name),
    );
  }

  /** Returns the value of a property in an object literal; `null` if there is none. */
  property(object: ts.ObjectLiteralExpression, name: string): ts.ObjectLiteralElementLike | null {
    return object.properties.find((property) => property.name?.getText().replaceAll(/['"]/g, '') === name) ?? null;
  }

  tree(path: string): ts.SourceFile {
    let tree = this.#trees.get(path);
    if (tree === undefined) {
      const isEmbedded = EMBEDDED.test(path);
      const text = this.project.text(path);
      const name = isEmbedded ? `${path}.ts` : path;
      tree = this.ts.createSourceFile(name, isEmbedded ? scriptsOf(text) : text, this.ts.ScriptTarget.Latest, true);
      this.#trees.set(path, tree);
    }
    return tree;
  }

  // --- Inside ---

  #importedNames(node: ts.ImportDeclaration, module: string): ImportedName[] {
    const { moduleSpecifier, importClause: clause } = node;
    if (!this.ts.isStringLiteral(moduleSpecifier) || moduleSpecifier.text !== module || clause === undefined) return [];
    const names: ImportedName[] = [];
    const add = (local: string, imported: string, isTypeOnly = clause.isTypeOnly): unknown =>
      names.push({ local, imported, isTypeOnly, node });
    if (clause.name !== undefined) add(clause.name.text, 'default');
    const bindings = clause.namedBindings;
    if (bindings !== undefined && this.ts.isNamespaceImport(bindings)) add(bindings.name.text, '*');
    if (bindings !== undefined && this.ts.isNamedImports(bindings)) {
      for (const { name, propertyName, isTypeOnly } of bindings.elements) {
        add(name.text, (propertyName ?? name).text, clause.isTypeOnly || isTypeOnly);
      }
    }
    return names;
  }

  #requiredNames(node: ts.VariableDeclaration, module: string): ImportedName[] {
    const { initializer, name } = node;
    if (initializer === undefined || !this.ts.isCallExpression(initializer)) return [];
    const [argument] = initializer.arguments;
    if (initializer.expression.getText() !== 'require' || argument === undefined) return [];
    if (!this.ts.isStringLiteral(argument) || argument.text !== module) return [];
    if (this.ts.isIdentifier(name)) return [{ local: name.text, imported: '*', isTypeOnly: false, node }];
    if (!this.ts.isObjectBindingPattern(name)) return [];
    return name.elements.map(({ name, propertyName }) => ({
      local: name.getText(),
      imported: (propertyName ?? name).getText(),
      isTypeOnly: false,
      node,
    }));
  }
}

/** Blanks everything out but the scripts of a page or component, so that the lines keep their numbers. */
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
