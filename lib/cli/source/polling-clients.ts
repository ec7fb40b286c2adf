/** Finds the clients of a project that start with long polling, as `socket.io-client` does by default. */
import type ts from 'typescript';
import { innermost } from './assertions.js';
import { constantOf } from './constants.js';
import type { Call, ParsedSource } from './parsed-source.js';
import type { Sources } from './sources.js';

/** A client that may start with long polling. */
export interface PollingClient {
  readonly source: ParsedSource;
  readonly call: Call;
  /** The option `transports`: not set, with polling first, or `unknown`, as the options are not written in the file. */
  readonly transports: 'none' | 'polling' | 'unknown';
}

/** The exports of socket.io-client that take an address and options; `io` has the others as properties, too. */
const CONNECTS = ['connect', 'lookup', 'Manager'];
const PAGE_SCRIPT = /<script\b[^>]*\bsrc\s*=\s*["'][^"']*socket\.io(?:\.\w+)*\.js["']/;

export function findPollingClients(sources: Sources): PollingClient[] {
  return sources.withCode('socket.io', { tests: true }).flatMap((source) =>
    clientCalls(source, sources.project.text(source.path)).flatMap((call) => {
      const transports = transportsOf(source, call);
      return transports === 'websocket' ? [] : [{ source, call, transports }];
    }),
  );
}

/** The calls that make a client: through an import of socket.io-client or, in a page, through its script. */
function clientCalls(source: ParsedSource, text: string): Call[] {
  const callees = new Set<string>();
  const addIo = (name: string): void => {
    for (const callee of [name, `${name}.io`, ...CONNECTS.map((connect) => `${name}.${connect}`)]) callees.add(callee);
  };
  for (const { local, name, isTypeOnly } of source.namesFrom('socket.io-client')) {
    if (isTypeOnly) continue;
    if (name === '*' || name === 'default' || name === 'io') addIo(local);
    else if (CONNECTS.includes(name)) callees.add(local);
  }
  if (source.path.endsWith('.html') && PAGE_SCRIPT.test(text)) addIo('io');
  return source.calls.filter((call) => callees.has(source.calleeOf(call)));
}

function transportsOf(source: ParsedSource, call: Call): PollingClient['transports'] | 'websocket' {
  const { ts } = source;
  const args = [...(call.arguments ?? [])];
  const given = args[1] ?? args[0];
  if (given === undefined) return 'none';
  if (args.some((argument) => ts.isSpreadElement(argument))) return 'unknown';
  const options = objectOf(source, given);
  // The only argument is an address, unless it is an object.
  if (options === null) return args.length === 1 && !/opt|conf/i.test(source.textOf(given)) ? 'none' : 'unknown';
  const isComplete = options.properties.every((property) => !ts.isSpreadAssignment(property));
  if (source.propertyOf(options, 'transports') === null) return isComplete ? 'none' : 'unknown';
  const transports = source.valueOf(options, 'transports');
  const [first] = transports !== null && ts.isArrayLiteralExpression(transports) ? transports.elements : [];
  const name = first !== undefined && ts.isStringLiteralLike(first) ? first.text : 'unknown';
  return name === 'polling' || name === 'websocket' ? name : 'unknown';
}

/** The object literal that an expression is, or that a constant of the file holds. */
function objectOf(source: ParsedSource, expression: ts.Expression): ts.ObjectLiteralExpression | null {
  const { ts } = source;
  const value = innermost(source, expression);
  if (ts.isObjectLiteralExpression(value)) return value;
  const constant = ts.isIdentifier(value) ? constantOf(source, value)?.initializer : undefined;
  return constant === undefined ? null : objectOf(source, constant);
}
