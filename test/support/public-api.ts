/** The declarations that an entry point exports, found in the source without the type checker. */
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const LIB = fileURLToPath(new URL('../../lib/', import.meta.url));

/** One declaration of a public name; overloads and merged declarations have several. */
export interface PublicDeclaration {
  readonly name: string;
  /** Relative to `lib/`. */
  readonly file: string;
  readonly node: ts.Node;
}

/** @param entry relative to `lib/`, such as `index.ts` */
export function publicDeclarations(entry: string): PublicDeclaration[] {
  return parse(entry).statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined) return [];
    const { text } = statement.moduleSpecifier as ts.StringLiteral;
    const file = posix.join(posix.dirname(entry), text.replace(/\.js$/, '.ts'));
    if (statement.exportClause === undefined) return publicDeclarations(file);
    const { elements } = statement.exportClause as ts.NamedExports;
    return elements.flatMap(({ name, propertyName = name }) => declarationsOf(propertyName.text, file));
  });
}

/** The statement that declares a name; for a function with overloads, the overloads. */
function declarationsOf(name: string, file: string): PublicDeclaration[] {
  const found = parse(file).statements.filter((statement) => namesOf(statement).includes(name));
  if (found.length === 0) throw new Error(`${file} does not declare ${name}`);
  const overloads = found.filter((node) => ts.isFunctionDeclaration(node) && node.body === undefined);
  const isImplementation = (node: ts.Node): boolean => overloads.length > 0 && ts.isFunctionDeclaration(node);
  return found
    .filter((node) => !isImplementation(node) || overloads.includes(node))
    .map((node) => ({ name, file, node }));
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  const { name } = statement as { readonly name?: ts.Identifier };
  return name === undefined ? [] : [name.text];
}

const sources = new Map<string, ts.SourceFile>();

function parse(file: string): ts.SourceFile {
  const known = sources.get(file);
  if (known !== undefined) return known;
  const parsed = ts.createSourceFile(file, readFileSync(LIB + file, 'utf8'), ts.ScriptTarget.Latest, true);
  sources.set(file, parsed);
  return parsed;
}
