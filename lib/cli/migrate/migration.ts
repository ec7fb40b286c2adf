/** The whole migration of a project in memory: which files change, and what is left for a person to decide. */
import type ts from 'typescript';
import type { TypeScript } from '../load-typescript.js';
import type { Project } from '../project/project.js';
import { findSites } from './adapter/adapter-sites.js';
import { Adapters } from './adapter/adapters.js';
import { type Application, findApplications } from '../source/applications.js';
import { findPollingClients } from '../source/polling-clients.js';
import { changePackage, type PackageChange } from './package-files.js';
import { castRequests } from './request-casts.js';
import { rewriteImports } from './socket-io-imports.js';
import { Source } from '../source/source.js';
import { type Remark, Workspace } from './workspace.js';

export interface FileChange {
  readonly path: string;
  readonly before: string;
  /** `null` if the file is deleted. */
  readonly after: string | null;
}

export interface Migration {
  readonly changes: readonly FileChange[];
  /** Each with the line that it is about, in the file as it was. */
  readonly decisions: readonly Remark[];
  /** Clients in the repository that must set `transports: ['websocket']`. */
  readonly clients: readonly Remark[];
  readonly packages: readonly PackageChange[];
}

/** @param version the version of `nest-socketio` for package.json */
export function migrate(typescript: TypeScript, project: Project, version: string): Migration {
  const workspace = new Workspace(typescript, project);
  const applications = findApplications(workspace);
  new Adapters(workspace, findSites(workspace), applications).run();
  checkTests(workspace, applications);
  checkUserIds(workspace);
  const texts = new Map<string, string>();
  for (const source of workspace.opened) {
    const text = source.result();
    if (text !== source.text && !workspace.deleted.has(source.path))
      texts.set(source.path, withoutUnused(source, text));
  }
  for (const path of project.sources) {
    const text = texts.get(path) ?? project.text(path);
    if (workspace.deleted.has(path) || workspace.untouched.has(path) || !/['"`]socket\.io['"`/]/.test(text)) continue;
    const source = new Source(typescript, path, text);
    rewriteImports(workspace, source);
    castRequests(source);
    const rewritten = source.result();
    if (rewritten !== project.text(path)) texts.set(path, rewritten);
  }
  const changes: FileChange[] = [...texts].map(([path, after]) => ({ path, before: project.text(path), after }));
  for (const path of workspace.deleted) changes.push({ path, before: project.text(path), after: null });
  const packages = changePackages(workspace, texts, version);
  for (const { path, text } of packages) changes.push({ path, before: project.text(path), after: text });
  return {
    changes: changes.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    decisions: workspace.decisions,
    clients: findPollingClients(workspace).map(({ source, call }) => {
      return { path: source.path, line: source.lineOf(call), text: source.textOf(call).split('\n', 1)[0] as string };
    }),
    packages,
  };
}

/** Removes imports and functions that the file used before, and uses no more. */
function withoutUnused(before: Source, text: string): string {
  const { ts } = before;
  const original = new Source(ts, before.path, before.text);
  let after = new Source(ts, before.path, withoutUnusedHelpers(original, text));
  for (const statement of after.find(ts.isVariableStatement)) {
    const [declaration] = statement.declarationList.declarations;
    if (declaration === undefined || !/['"]@nestjs\/platform-socket\.io['"]/.test(after.textOf(declaration))) continue;
    const names = [declaration.name, ...after.descendants(declaration.name)].filter(ts.isIdentifier);
    if (names.every(({ text: name }) => after.uses(name).length === 0)) after.removeLines(statement);
  }
  after = new Source(ts, before.path, after.result());
  const used = original.imports.filter(({ local }) => original.uses(local).length > 0).map(({ local }) => local);
  after.removeUnusedImports(used);
  return after.result();
}

/** Removes functions and types, and then those that only they used. */
function withoutUnusedHelpers(original: Source, text: string): string {
  const { ts } = original;
  const after = new Source(ts, original.path, text);
  for (const node of after.find((one): one is ts.Node => isHelper(after, one))) {
    const name = after.textOf((node as ts.FunctionDeclaration).name as ts.Node);
    const isUsed = (source: Source): boolean => source.uses(name).length + source.memberUses(name).length > 0;
    const statement = ts.isVariableDeclaration(node) ? node.parent.parent : node;
    if (isUsed(original) && !isUsed(after)) after.removeLines(statement);
  }
  const result = after.result();
  return result === text ? text : withoutUnusedHelpers(original, result);
}

/** Whether a node declares a function or type of the file, of a block or of a class, and exports nothing. */
function isHelper(source: Source, node: ts.Node): boolean {
  const { ts } = source;
  if (ts.isFunctionDeclaration(node)) return node.name !== undefined && !isExported(source, node);
  if (ts.isTypeAliasDeclaration(node) || ts.isInterfaceDeclaration(node)) return !isExported(source, node);
  if (ts.isPropertyDeclaration(node)) return node.initializer !== undefined && ts.isArrowFunction(node.initializer);
  if (!ts.isVariableDeclaration(node) || !ts.isVariableDeclarationList(node.parent)) return false;
  if (!ts.isVariableStatement(node.parent.parent)) return false;
  const isOne = node.parent.declarations.length === 1 && ts.isIdentifier(node.name);
  return (
    isOne &&
    node.initializer !== undefined &&
    ts.isArrowFunction(node.initializer) &&
    !isExported(source, node.parent.parent)
  );
}

function isExported({ ts }: Source, node: ts.Statement): boolean {
  if (!ts.canHaveModifiers(node)) return false;
  return (ts.getModifiers?.(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
}

/** Tests that make an application of parts of it get no `SocketIoModule` from the root module. */
function checkTests(workspace: Workspace, applications: readonly Application[]): void {
  const { ts } = workspace;
  const roots = new Set(applications.flatMap(({ module }) => module?.name ?? []));
  for (const source of workspace.sourcesWith('createTestingModule')) {
    if (workspace.untouched.has(source.path)) continue;
    if (!/createNestApplication/.test(source.text) || !/socket\.io-client|useWebSocketAdapter/.test(source.text))
      continue;
    if (/SocketIoModule/.test(source.text) || source.imports.some(({ name }) => roots.has(name))) continue;
    const call = source
      .find(ts.isCallExpression)
      .find(({ expression }) => source.textOf(expression).endsWith('createTestingModule'));
    if (call !== undefined) {
      workspace.decide(
        source,
        call,
        'add SocketIoModule.forRoot() to the imports of this testing module, if it serves gateways',
      );
    }
  }
}

/** `client.userId` is text here. A type of the application that says otherwise does not compile. */
function checkUserIds(workspace: Workspace): void {
  const { ts } = workspace;
  for (const source of workspace.sourcesWith('userId')) {
    if (workspace.untouched.has(source.path)) continue;
    if (!source.imports.some(({ module, name }) => module === 'socket.io' && name === 'Socket')) continue;
    for (const member of source.find(ts.isPropertySignature)) {
      if (source.textOf(member.name) !== 'userId' || member.type === undefined) continue;
      const owner = ts.isInterfaceDeclaration(member.parent) ? member.parent : member.parent.parent;
      const isSocket = /\b(Socket|Client)\b/.test(source.textOf(owner));
      if (isSocket && source.textOf(member.type) !== 'string') {
        workspace.decide(
          source,
          member,
          'client.userId is a string here: keep a value of another type in client.data, or under another name',
        );
      }
    }
  }
}

function changePackages(workspace: Workspace, texts: ReadonlyMap<string, string>, version: string): PackageChange[] {
  const { project, deleted } = workspace;
  const final = project.sources
    .filter((path) => !deleted.has(path))
    .map((path) => ({ path, text: texts.get(path) ?? project.text(path) }));
  return project.packages.flatMap((one) => {
    const { folder, manifest } = one;
    const own = final.filter(({ path }) => folder === '' || path.startsWith(`${folder}/`));
    const listed = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.peerDependencies };
    const hasPlatform = listed['@nestjs/platform-socket.io'] !== undefined;
    const needsModule = own.some(({ text }) => imports(text, 'nest-socketio'));
    if (!hasPlatform && !(needsModule && (listed['socket.io'] !== undefined || isOutermost(workspace, folder))))
      return [];
    const isLeft = own.some(({ path }) => workspace.untouched.has(path));
    if (isLeft && !needsModule) return [];
    const isUsed = (dependency: string): boolean =>
      isLeft || own.some(({ text }) => imports(text, dependency === '@types/socket.io' ? 'socket.io' : dependency));
    return changePackage(workspace, one, version, isUsed, needsModule) ?? [];
  });
}

/** Whether a file imports a package, or a file of it. */
function imports(text: string, dependency: string): boolean {
  const specifier = `['"]${dependency.replaceAll('.', '\\.')}(?:/[^'"]*)?['"]`;
  return new RegExp(`(?:from|import|require\\(|import\\(|[mM]ock\\(|module)\\s*${specifier}`).test(text);
}

/** Whether the package is the only place for a dependency: no other package lists what is replaced. */
function isOutermost({ project }: Workspace, folder: string): boolean {
  const holds = project.packages.some(({ manifest }) =>
    ['@nestjs/platform-socket.io', 'socket.io', 'nest-socketio'].some(
      (name) => manifest.dependencies?.[name] !== undefined || manifest.devDependencies?.[name] !== undefined,
    ),
  );
  return folder === '' && !holds;
}
