import type ts from 'typescript';
import { packageManagerOf } from '../../project/package-manager.js';
import { folderOf } from '../../project/project.js';
import type { ParsedSource } from '../../source/parsed-source.js';
import type { Check, Facts, Finding } from '../check.js';

const US = 'nest-socketio';

/** An engine that the option `broker` can name. */
interface Engine {
  readonly name: string;
  readonly url: RegExp;
  readonly factory: string;
  /** The client libraries, of which one is needed. */
  readonly libraries: readonly string[];
  /** The library that it needs as well to keep events. `null` if it keeps none. */
  readonly recovery: readonly string[] | null;
}

const ENGINES: readonly Engine[] = [
  {
    name: 'Redis',
    url: /^(?:rediss?|valkeys?|redis\+sentinel):/,
    factory: 'redisBroker',
    libraries: ['redis', 'ioredis'],
    recovery: [],
  },
  {
    name: 'NATS',
    url: /^(?:nats|tls):/,
    factory: 'natsBroker',
    libraries: ['@nats-io/transport-node'],
    recovery: ['@nats-io/jetstream'],
  },
  {
    name: 'PostgreSQL',
    url: /^postgres(?:ql)?:/,
    factory: 'postgresBroker',
    libraries: ['pg'],
    recovery: null,
  },
  { name: "Node's cluster", url: /^cluster:/, factory: 'nodeClusterBroker', libraries: [], recovery: null },
];

/** An object with the option `broker`, and the engine that it names. */
interface Use {
  readonly source: ParsedSource;
  readonly options: ts.ObjectLiteralExpression;
  readonly value: ts.Expression;
  readonly engine: Engine;
  /** Whether the value is written out, and not a default for a variable of the environment. */
  readonly isCertain: boolean;
}

/** The option `broker`: the client library of its engine, and options that it does not go together with. */
export const brokerOption: Check = function* (facts): Iterable<Finding> {
  for (const use of uses(facts)) {
    yield* missingLibraries(facts, use);
    yield* withoutEvents(use);
    yield* withAdapter(use);
    yield* withoutPrimary(facts, use);
  }
};

function* uses({ sources }: Facts): Iterable<Use> {
  for (const source of sources.withCode(US)) {
    for (const options of source.find(source.ts.isObjectLiteralExpression)) {
      const value = source.valueOf(options, 'broker');
      const engine = value === null ? undefined : engineOf(source, value);
      if (value === null || engine === undefined) continue;
      const isCertain = !source.ts.isBinaryExpression(value) && !source.ts.isConditionalExpression(value);
      yield { source, options, value, engine, isCertain };
    }
  }
}

/** The engine of the first URL or factory in an expression. */
function engineOf(source: ParsedSource, value: ts.Expression): Engine | undefined {
  for (const node of [value, ...source.descendants(value)]) {
    const text = textOf(source, node);
    const engine = ENGINES.find(({ url, factory }) => url.test(text) || text === factory);
    if (engine !== undefined) return engine;
  }
  return undefined;
}

/** The text of a literal, or the name of an identifier. */
function textOf({ ts }: ParsedSource, node: ts.Node): string {
  if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isIdentifier(node)) return node.text;
  return '';
}

function* missingLibraries({ project, installation }: Facts, use: Use): Iterable<Finding> {
  const { source, options, value, engine, isCertain } = use;
  const folder = folderOf(source.path);
  const { dependencies, devDependencies } = project.packageOf(source.path)?.manifest ?? {};
  const declared = { ...devDependencies, ...dependencies };
  const isInstalled = installation.find(US, folder) !== null;
  const has = (name: string): boolean => (isInstalled ? installation.find(name, folder) !== null : name in declared);
  const recovery = hasRecovery(source, options) ? (engine.recovery ?? []) : [];
  for (const alternatives of [engine.libraries, recovery]) {
    if (alternatives.length === 0 || alternatives.some(has)) continue;
    const [first] = alternatives;
    const missing = alternatives.length === 1 ? 'which is not installed' : 'and neither is installed';
    const needs = `${engine.name}${alternatives === recovery ? ' and connectionStateRecovery' : ''}`;
    yield {
      level: isInstalled && isCertain ? 'problem' : 'hint',
      path: source.path,
      line: source.lineOf(value),
      message: `Option "broker" with ${needs} needs the package ${alternatives.join(' or ')}, ${missing}.`,
      fix: `${packageManagerOf(project).add} ${first}`,
    };
  }
}

function* withoutEvents({ source, options, value, engine, isCertain }: Use): Iterable<Finding> {
  if (engine.recovery !== null || !hasRecovery(source, options)) return;
  yield {
    level: isCertain ? 'problem' : 'hint',
    path: source.path,
    line: source.lineOf(value),
    message: `connectionStateRecovery needs a broker that keeps events, and ${engine.name} does not.`,
    fix: "broker: 'redis://localhost:6379', or remove connectionStateRecovery",
  };
}

function* withAdapter({ source, options, value }: Use): Iterable<Finding> {
  if (source.propertyOf(options, 'adapter') === null) return;
  yield {
    level: 'problem',
    path: source.path,
    line: source.lineOf(value),
    message: 'Options "broker" and "adapter" exclude each other, since both connect servers.',
    fix: 'Remove "adapter", unless the cluster has servers of another package.',
  };
}

/** The primary process may start from a file that the check does not read. */
function* withoutPrimary({ sources }: Facts, { source, value, engine }: Use): Iterable<Finding> {
  if (engine.factory !== 'nodeClusterBroker') return;
  const imports = sources.withCode('setupPrimary').flatMap((one) => one.namesFrom(US));
  if (imports.some(({ name }) => name === 'setupPrimary' || name === '*')) return;
  yield {
    level: 'hint',
    path: source.path,
    line: source.lineOf(value),
    message: "The broker of Node's cluster needs setupPrimary() of nest-socketio in the primary process.",
    fix: 'if (cluster.isPrimary) setupPrimary();',
  };
}

function hasRecovery(source: ParsedSource, options: ts.ObjectLiteralExpression): boolean {
  const value = source.valueOf(options, 'connectionStateRecovery');
  return value !== null && source.textOf(value) !== 'undefined';
}
