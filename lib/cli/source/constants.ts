/** Constants that hold the value of an expression. */
import type ts from 'typescript';
import type { ParsedSource } from './parsed-source.js';

/** The declaration of the `const` that an identifier refers to, in the functions around it or in the file. */
export function constantOf(source: ParsedSource, use: ts.Identifier): ts.VariableDeclaration | null {
  const { ts } = source;
  for (let scope: ts.Node = use.parent; scope !== undefined; scope = scope.parent) {
    const parameters = ts.isFunctionLike(scope) ? [...scope.parameters] : [];
    if (parameters.some(({ name }) => ts.isIdentifier(name) && name.text === use.text)) return null;
    if (!ts.isBlock(scope) && !ts.isSourceFile(scope)) continue;
    for (const statement of scope.statements) {
      if (!ts.isVariableStatement(statement)) continue;
      for (const declaration of statement.declarationList.declarations) {
        if (!ts.isIdentifier(declaration.name) || declaration.name.text !== use.text) continue;
        // oxlint-disable-next-line no-bitwise -- a flag of the compiler
        return (statement.declarationList.flags & ts.NodeFlags.Const) === 0 ? null : declaration;
      }
    }
  }
  return null;
}
