import type { Check, Facts, Finding } from '../check.js';
import type { ProjectPackage } from '../../project/project.js';
import { isOurs, lineOf, applicationFolder } from '../places.js';
import { packageManagerOf } from '../../project/package-manager.js';

const PLATFORM = '@nestjs/platform-socket.io';

/** Leftovers of `@nestjs/platform-socket.io`: the dependency, adapters of Nest, and imports of `socket.io`. */
export const formerPlatform: Check = function* (facts): Iterable<Finding> {
  const { packages, project } = facts;
  for (const { path, manifest } of packages) {
    if (manifest.dependencies?.[PLATFORM] === undefined) continue;
    yield {
      level: 'hint',
      path,
      line: lineOf(project.text(path), `"${PLATFORM}"`),
      message: `${PLATFORM} is not used next to nest-socketio.`,
      fix: `${packageManagerOf(project).remove} ${PLATFORM}`,
    };
  }
  yield* adapters(facts);
  yield* imports(facts);
};

function* adapters(facts: Facts): Iterable<Finding> {
  const { sources, project } = facts;
  const modules = sources.withCode('SocketIoModule');
  for (const source of sources.withCode('useWebSocketAdapter')) {
    const { path } = source;
    if (!isOurs(facts, path)) continue;
    for (const call of source.calls) {
      if (!source.calleeOf(call).endsWith('.useWebSocketAdapter')) continue;
      yield {
        // A monorepo with one package.json may have an application with another adapter.
        level: modules.some((module) => module.path.startsWith(applicationFolder(project, path))) ? 'problem' : 'hint',
        path,
        line: source.lineOf(call),
        message: 'SocketIoModule installs the adapter, so useWebSocketAdapter() must not install another.',
        fix: `Remove ${source.calleeOf(call)}(...)`,
      };
    }
  }
  for (const source of sources.withCode('IoAdapter')) {
    const { path, ts } = source;
    if (!isOurs(facts, path)) continue;
    for (const node of source.find(ts.isClassDeclaration)) {
      const parent = node.heritageClauses?.flatMap(({ types }) => types.map(({ expression }) => expression.getText()));
      if (parent?.includes('IoAdapter') !== true) continue;
      yield {
        level: 'hint',
        path,
        line: source.lineOf(node),
        message: `${node.name?.text ?? 'This class'} extends IoAdapter, which has no effect next to SocketIoModule.`,
        fix: 'Set its options in SocketIoModule.forRoot({ ... }) and remove the class.',
      };
    }
  }
}

/** Imports of `socket.io`, which only `@nestjs/platform-socket.io` has brought along. */
function* imports(facts: Facts): Iterable<Finding> {
  const { sources, project } = facts;
  for (const source of sources.withCode('socket.io', { tests: true })) {
    const { path } = source;
    if (!isOurs(facts, path)) continue;
    const { dependencies = {}, devDependencies = {} } = (project.packageOf(path) as ProjectPackage).manifest;
    const names = source.namesFrom('socket.io');
    const [first] = names;
    if (first === undefined || 'socket.io' in dependencies) continue;
    const isTypeOnly = names.every((one) => one.isTypeOnly);
    if (isTypeOnly && 'socket.io' in devDependencies) continue;
    const isNamed = names.every(({ name }) => name !== '*' && name !== 'default');
    const imported = names.map(({ name }) => name).join(', ');
    yield {
      level: 'problem',
      path,
      line: source.lineOf(first.node),
      message: `This file imports ${imported} from socket.io, which package.json does not have in its dependencies.`,
      fix: isNamed
        ? `import ${isTypeOnly ? 'type ' : ''}{ ${imported} } from 'nest-socketio';`
        : 'Import from nest-socketio.',
    };
  }
}
