/** Finds clients in the repository that start with long polling, as `socket.io-client` does by default. */
import type ts from 'typescript';
import { constantOf } from './source/portable.js';
import type { Source } from './source/source.js';
import type { Remark, Workspace } from './source/workspace.js';

export function findPollingClients(workspace: Workspace): Remark[] {
  const inSources = [...workspace.sourcesWith('socket.io-client')].flatMap((source) =>
    clientCalls(source)
      .filter((call) => !isWebSocketOnly(source, call))
      .map((call) => ({
        path: source.path,
        line: source.lineOf(call),
        text: source.textOf(call).split('\n')[0] ?? '',
      })),
  );
  return [...inSources, ...inPages(workspace)];
}

/** Calls of `io(...)`, `connect(...)` and `new Manager(...)`. */
function clientCalls(source: Source): (ts.CallExpression | ts.NewExpression)[] {
  const { ts } = source;
  const names = new Set(source.imports.filter(({ module }) => module === 'socket.io-client').map(({ local }) => local));
  for (const declaration of source.find(ts.isVariableDeclaration)) {
    if (!/require\(['"]socket\.io-client['"]\)/.test(source.textOf(declaration))) continue;
    for (const { text } of [declaration.name, ...source.descendants(declaration.name)].filter(ts.isIdentifier))
      names.add(text);
  }
  return source
    .find((node): node is ts.CallExpression | ts.NewExpression => ts.isCallExpression(node) || ts.isNewExpression(node))
    .filter((node) => {
      const callee = source.textOf(node.expression);
      const [head = '', member, ...more] = callee.split('.');
      if (!names.has(head) || more.length > 0) return false;
      if (ts.isNewExpression(node)) return (member ?? head) === 'Manager';
      return member === undefined || ['io', 'connect', 'default'].includes(member);
    });
}

function isWebSocketOnly(source: Source, call: ts.CallExpression | ts.NewExpression): boolean {
  const { ts } = source;
  for (const argument of call.arguments ?? []) {
    const value = ts.isIdentifier(argument) ? (constantOf(source, argument)?.initializer ?? argument) : argument;
    if (/transports\s*:\s*\[\s*['"`]websocket['"`]\s*,?\s*\]/.test(source.textOf(value))) return true;
  }
  return false;
}

/** Pages and components, which are no TypeScript. */
function inPages({ project }: Workspace): Remark[] {
  return [...project.files]
    .filter(([path, text]) => /\.(html|vue|svelte)$/.test(path) && /socket\.io/.test(text))
    .flatMap(([path, text]) =>
      [...text.matchAll(/\bio(?:\.connect)?\(([^;]*?)\)\s*[;\n]/g)]
        .filter(([call]) => !/transports\s*:\s*\[\s*['"`]websocket['"`]\s*\]/.test(call))
        .map(({ 0: call, index }) => ({
          path,
          line: text.slice(0, index).split('\n').length,
          text: (call.split('\n')[0] ?? '').trim(),
        })),
    );
}
