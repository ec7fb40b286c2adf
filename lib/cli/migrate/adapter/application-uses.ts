/** The uses of the application in an adapter: those that are removed with it, and those that ask it for a provider. */
import type ts from 'typescript';
import type { Source } from '../../source/source.js';
import type { Workspace } from '../workspace.js';
import type { AdapterClass } from './adapter-class.js';

/** The uses of the application that stay: `app.get(...)`, and `this.app.get(...)`, or any other. */
export function applicationUses(workspace: Workspace, adapter: AdapterClass): ts.Node[] {
  const { ts } = workspace;
  const { node, constructorNode, appParameter, source } = adapter;
  const name = appParameter === null ? null : source.textOf(appParameter.name);
  if (name === null) return [];
  const inBody = constructorNode?.body === undefined ? [] : source.uses(name, constructorNode.body);
  const fields = applicationFields(workspace, adapter);
  const properties = source
    .descendants(node)
    .filter(ts.isPropertyAccessExpression)
    .filter((one) => one.expression.kind === ts.SyntaxKind.ThisKeyword && fields.includes(one.name.text));
  return [...inBody, ...properties].filter((use) => !isRemoved(workspace, source, use));
}

/** The names of the fields that hold the application. */
export function applicationFields(workspace: Workspace, adapter: AdapterClass): string[] {
  const { ts } = workspace;
  const { constructorNode, appParameter, source } = adapter;
  if (appParameter === null) return [];
  const name = source.textOf(appParameter.name);
  const assigned = (constructorNode?.body?.statements ?? []).flatMap((statement) => {
    const text = source.textOf(statement).replaceAll(/[\s;]/g, '');
    return new RegExp(`^this\\.(\\w+)=${name}$`).exec(text)?.[1] ?? [];
  });
  const isProperty = (ts.getModifiers?.(appParameter) ?? []).length > 0;
  return isProperty ? [name, ...assigned] : assigned;
}

/** Whether a use is the argument of `super`, or `this.app = app`: both are removed. */
function isRemoved({ ts }: Workspace, source: Source, use: ts.Node): boolean {
  const { parent } = use;
  if (ts.isCallExpression(parent)) return parent.expression.kind === ts.SyntaxKind.SuperKeyword;
  return ts.isBinaryExpression(parent) && /^this\.\w+\s*=\s*\w+$/.test(source.textOf(parent));
}
