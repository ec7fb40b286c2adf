import type ts from 'typescript';
import type { Check, Facts, Finding } from '../check.js';
import type { Call, Syntax } from '../syntax.js';

/** The exports of socket.io-client that take an address and options; `io` has the others as properties, too. */
const CONNECTS = ['connect', 'lookup', 'Manager'];
const PAGE_SCRIPT = /<script\b[^>]*\bsrc\s*=\s*["'][^"']*socket\.io(?:\.\w+)*\.js["']/;

/** Clients that start with long polling, which the server answers with HTTP 400. */
export const clients: Check = function* (facts): Iterable<Finding> {
  const { syntax } = facts;
  for (const path of syntax.filesWith('socket.io', { tests: true })) {
    for (const call of clientCalls(facts, path)) {
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
  const callees = new Set<string>();
  const addIo = (name: string): void => {
    for (const callee of [name, `${name}.io`, ...CONNECTS.map((connect) => `${name}.${connect}`)]) callees.add(callee);
  };
  for (const { local, imported, isTypeOnly } of syntax.importsFrom(path, 'socket.io-client')) {
    if (isTypeOnly) continue;
    if (imported === '*' || imported === 'default' || imported === 'io') addIo(local);
    else if (CONNECTS.includes(imported)) callees.add(local);
  }
  if (path.endsWith('.html') && PAGE_SCRIPT.test(project.text(path))) addIo('io');
  return syntax.calls(path).filter((call) => callees.has(syntax.callee(call)));
}

/** `unknown` if the options are not written out in the file. */
type Transports = 'none' | 'polling' | 'websocket' | 'unknown';

function transportsOf(syntax: Syntax, path: string, call: Call): Transports {
  const { ts } = syntax;
  const args = [...(call.arguments ?? [])];
  const given = args[1] ?? args[0];
  if (given === undefined) return 'none';
  if (args.some((argument) => ts.isSpreadElement(argument))) return 'unknown';
  const options = literal(syntax, path, given);
  // The only argument is an address, unless it is an object.
  if (options === null) return args.length === 1 && !/opt|conf/i.test(given.getText()) ? 'none' : 'unknown';
  const transports = syntax.property(options, 'transports');
  const isComplete = options.properties.every((property) => !ts.isSpreadAssignment(property));
  if (transports === null) return isComplete ? 'none' : 'unknown';
  if (!ts.isPropertyAssignment(transports) || !ts.isArrayLiteralExpression(transports.initializer)) return 'unknown';
  const name = transports.initializer.elements[0]?.getText().slice(1, -1);
  return name === 'polling' || name === 'websocket' ? name : 'unknown';
}

/** The object literal that an expression is, or that a constant of the file stands for. */
function literal(syntax: Syntax, path: string, expression: ts.Expression): ts.ObjectLiteralExpression | null {
  const { ts } = syntax;
  if (ts.isObjectLiteralExpression(expression)) return expression;
  if (ts.isAsExpression(expression) || ts.isSatisfiesExpression(expression)) {
    return literal(syntax, path, expression.expression);
  }
  if (!ts.isIdentifier(expression)) return null;
  for (const node of syntax.nodes(path)) {
    if (!ts.isVariableDeclaration(node) || node.name.getText() !== expression.text) continue;
    return node.initializer === undefined ? null : literal(syntax, path, node.initializer);
  }
  return null;
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
