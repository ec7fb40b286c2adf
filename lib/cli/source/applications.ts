/** The applications of a project: each call of `NestFactory.create`, with the module that it is given. */
import type ts from 'typescript';
import type { Source } from './source.js';
import type { Sources } from './sources.js';

export interface Application {
  /** The file that creates it. */
  readonly main: Source;
  readonly call: ts.CallExpression;
  /** Its root module, or `null` if it cannot be read from the call. */
  readonly module: RootModule | null;
}

export interface RootModule {
  readonly source: Source;
  readonly name: string;
  readonly node: ts.ClassDeclaration;
}

export function findApplications(sources: Sources): Application[] {
  const { ts } = sources;
  return [...sources.sourcesWith('NestFactory')].flatMap((source) =>
    source
      .find(ts.isCallExpression)
      .filter((call) => source.calleeOf(call) === 'NestFactory.create')
      .flatMap((call) => applicationsOf(sources, source, call)),
  );
}

function applicationsOf(sources: Sources, source: Source, call: ts.CallExpression): Application[] {
  const [argument] = call.arguments;
  if (argument === undefined) return [];
  const found = moduleOf(sources, source, argument);
  if (found !== null) return [{ main: source, call, module: found }];
  // A helper that creates the application of a module that it is given: its callers name the modules.
  const callers = callersOf(sources, source, argument);
  return callers.length > 0 ? callers : [{ main: source, call, module: null }];
}

function moduleOf(sources: Sources, source: Source, argument: ts.Expression): RootModule | null {
  const { ts } = sources;
  let node: ts.Expression = argument;
  if (ts.isAwaitExpression(node)) node = node.expression;
  // AppModule.forRoot(...)
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) node = node.expression.expression;
  return ts.isIdentifier(node) ? classOf(sources, source, node.text) : null;
}

/** The class that a name in a file refers to. */
export function classOf(sources: Sources, source: Source, name: string): RootModule | null {
  const { ts } = sources;
  const imported = source.imports.find(({ local }) => local === name);
  const exported = imported === undefined || imported.name === 'default' ? name : imported.name;
  const file = imported === undefined ? source.path : sources.resolve(source.path, imported.module);
  const path = file === null ? null : sources.declaring(file, exported);
  if (path === null) return null;
  const owner = sources.source(path);
  const node = owner.find(ts.isClassDeclaration).find((one) => one.name?.text === exported);
  return node === undefined ? null : { source: owner, name: exported, node };
}

function callersOf(sources: Sources, source: Source, argument: ts.Expression): Application[] {
  const { ts } = sources;
  let owner: ts.Node = argument;
  while (
    owner !== undefined &&
    !(ts.isFunctionLike(owner) && owner.parameters.some(({ name }) => source.textOf(name) === source.textOf(argument)))
  ) {
    owner = owner.parent;
  }
  if (owner === undefined || !ts.isFunctionLike(owner)) return [];
  const index = owner.parameters.findIndex(({ name }) => source.textOf(name) === source.textOf(argument));
  const name = nameOf(sources, owner);
  if (name === null) return [];
  return [...sources.sourcesWith(name)].flatMap((caller) =>
    caller
      .find(ts.isCallExpression)
      .filter(({ expression }) => caller.textOf(expression).split('.').at(-1) === name)
      .flatMap((call) => {
        const given = call.arguments[index];
        const module = given === undefined ? null : moduleOf(sources, caller, given);
        return module === null ? [] : [{ main: caller, call, module }];
      }),
  );
}

function nameOf(sources: Sources, node: ts.SignatureDeclaration): string | null {
  const { ts } = sources;
  const own = (node as { name?: ts.Node }).name;
  if (own !== undefined && ts.isIdentifier(own)) return own.text;
  const { parent } = node;
  return ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name) ? parent.name.text : null;
}
