/** Changes the object literal with the options of an adapter into one that `SocketIoModule` takes. */
import type ts from 'typescript';
import { fateOf, missingOrigin } from './known-options.js';
import type { Source } from '../../source/source.js';
import type { Workspace } from '../workspace.js';

/** Removes `...options`, `...(options ?? {})`: the options that Nest passed to the adapter. */
export function removeSpreads(source: Source, given: string, below: ts.Node): void {
  const { ts } = source;
  for (const use of source.uses(given, below)) {
    let spread: ts.Node = use;
    while (!ts.isSpreadAssignment(spread) && !ts.isStatement(spread)) spread = spread.parent;
    const text = source.textOf(spread).replaceAll(/[\s()]/g, '');
    if (ts.isSpreadAssignment(spread) && [`...${given}`, `...${given}||{}`, `...${given}??{}`].includes(text)) {
      source.removeElement(spread, spread.parent.properties);
    }
  }
}

/** Removes the options that have no effect here, and completes those that need it. */
export function dropOptions(
  workspace: Workspace,
  source: Source,
  properties: readonly ts.ObjectLiteralElementLike[],
): void {
  for (const property of properties) {
    const fate = fateOf(source, property);
    const origin = missingOrigin(source, property);
    if (fate.keep) {
      if (origin !== null) source.edits.replace(origin.start, origin.end, origin.text);
    } else {
      source.removeElement(property, (property.parent as ts.ObjectLiteralExpression).properties);
      if (fate.decision !== null) workspace.decide(source, property, fate.decision, false);
    }
  }
}
