import type ts from 'typescript';
import type { Check, Facts, Finding } from '../check.js';
import type { Call, Syntax } from '../syntax.js';

/** The functions of socket.io-client that take options, and the position of the options after the address. */
const CONNECTS = new Set(['io', 'default', 'connect', 'lookup', 'Manager']);
const PAGE_SCRIPT = /<script\b[^>]*\bsrc\s*=\s*["'][^"']*socket\.io(?:\.\w+)*\.js["']/;

/** Clients that start with long polling, which the server answers with HTTP 400. */
export const clients: Check = function* (facts): Iterable<Finding> {
  const { syntax } = facts;
  for (const path of syntax.filesWith('socket.io', { tests: true })) {
    const connects = clientCalls(facts, path);
    for (const call of connects) {
      const transports = transportsOf(syntax, path, call);
      if (transports !== 'none' && transports !== 'polling') continue;
      const address = call.arguments?.[0];
      yield {
        level: isForeign(syntax, address) ? 'hint' : 'problem',
        path,
        line: syntax.line(call),
        message:
          transports === 'none'
            ? 'A client must connect over WebSocket, but without "transports" it starts with long polling, and gets HTTP 400.'
            : 'A client must connect over WebSocket, but "transports" names polling first, and it gets HTTP 400.',
        fix: fixFor(call, transports),
      };
    }
  }
};

/** The calls that make a client: through an import of socket.io-client or, in a page, through its script. */
function clientCalls({ syntax, project }: Facts, path: string): Call[] {
  const names = syntax.importsFrom(path, 'socket.io-client').filter(({ isTypeOnly }) => !isTypeOnly);
  const callees = new Set(
    names.flatMap(({ local, imported }) =>
      imported === '*' || imported === 'default' || imported === 'io'
        ? [local, `${local}.io`, `${local}.connect`, `${local}.Manager`]
        : CONNECTS.has(imported)
          ? [local]
          : [],
    ),
  );
  if (path.endsWith('.html') && PAGE_SCRIPT.test(project.text(path)))
    for (const name of ['io', 'io.connect']) callees.add(name);
  return syntax.calls(path).filter((call) => callees.has(syntax.callee(call)));
}

/** `unknown` if the options are not written out in the file. */
type Transports = 'none' | 'polling' | 'websocket' | 'unknown';

function transportsOf(syntax: Syntax, path: string, call: Call): Transports {
  const { ts } = syntax;
  const args = call.arguments ?? ([] as unknown as ts.NodeArray<ts.Expression>);
  if (args.some((argument) => ts.isSpreadElement(argument))) return 'unknown';
  const [first, second] = args;
  const options = second ?? (first !== undefined && ts.isObjectLiteralExpression(first) ? first : undefined);
  if (options === undefined)
    return first !== undefined && isVariable(syntax, first) && args.length === 1
      ? maybeOptions(syntax, path, first)
      : 'none';
  const object = literal(syntax, path, options);
  if (object === null) return 'unknown';
  const transports = syntax.property(object, 'transports');
  if (transports === null)
    return object.properties.some((property) => ts.isSpreadAssignment(property)) ? 'unknown' : 'none';
  if (!ts.isPropertyAssignment(transports) || !ts.isArrayLiteralExpression(transports.initializer)) return 'unknown';
  const name = transports.initializer.elements[0]?.getText().slice(1, -1);
  return name === 'polling' || name === 'websocket' ? name : 'unknown';
}

/** The only argument is an address, or the options in a variable. */
function maybeOptions(syntax: Syntax, path: string, argument: ts.Expression): Transports {
  const object = literal(syntax, path, argument);
  if (object === null) return 'none';
  return syntax.property(object, 'transports') === null ? 'none' : 'unknown';
}

/** The object literal that an expression is, or that a constant of the file stands for. */
function literal(syntax: Syntax, path: string, expression: ts.Expression): ts.ObjectLiteralExpression | null {
  const { ts } = syntax;
  if (ts.isObjectLiteralExpression(expression)) return expression;
  if (ts.isAsExpression(expression) || ts.isSatisfiesExpression(expression))
    return literal(syntax, path, expression.expression);
  if (!ts.isIdentifier(expression)) return null;
  for (const node of syntax.nodes(path)) {
    if (!ts.isVariableDeclaration(node) || node.name.getText() !== expression.text) continue;
    return node.initializer === undefined ? null : literal(syntax, path, node.initializer);
  }
  return null;
}

function isVariable({ ts }: Syntax, expression: ts.Expression): boolean {
  return ts.isIdentifier(expression);
}

/** Whether the address is that of another server, which may well serve long polling. */
function isForeign({ ts }: Syntax, address: ts.Expression | undefined): boolean {
  if (address === undefined || !ts.isStringLiteralLike(address)) return false;
  return /^(?:https?|wss?):\/\/(?!localhost\b|127\.|0\.0\.0\.0|\[::1\])/.test(address.text);
}

function fixFor(call: Call, transports: Transports): string {
  if (transports === 'polling') return "transports: ['websocket']";
  const callee = call.expression.getText();
  const constructor = call.getText().startsWith('new ') ? 'new ' : '';
  const [first] = call.arguments ?? [];
  const address = first === undefined || first.getText().startsWith('{') ? '' : `${first.getText()}, `;
  const others = (call.arguments?.length ?? 0) > 1 || first?.getText().startsWith('{') === true ? ', ...' : '';
  return `${constructor}${callee}(${address}{ transports: ['websocket']${others} })`;
}
