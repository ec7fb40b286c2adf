import type { Check, Facts, Finding } from '../check.js';
import type { ProjectPackage } from '../../project/project.js';
import { isOurs, lineOf, applicationFolder } from '../places.js';
import { packageManagerOf } from '../package-manager.js';

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
  const { syntax, project } = facts;
  const modules = syntax.filesWith('SocketIoModule');
  for (const path of syntax.filesWith('useWebSocketAdapter')) {
    if (!isOurs(facts, path)) continue;
    for (const call of syntax.calls(path)) {
      if (!syntax.callee(call).endsWith('.useWebSocketAdapter')) continue;
      yield {
        // A monorepo with one package.json may have an application with another adapter.
        level: modules.some((module) => module.startsWith(applicationFolder(project, path))) ? 'problem' : 'hint',
        path,
        line: syntax.line(call),
        message: 'SocketIoModule installs the adapter, so useWebSocketAdapter() must not install another.',
        fix: `Remove ${syntax.callee(call)}(...)`,
      };
    }
  }
  for (const path of syntax.filesWith('IoAdapter')) {
    if (!isOurs(facts, path)) continue;
    for (const node of syntax.nodes(path)) {
      if (!syntax.ts.isClassDeclaration(node)) continue;
      const parent = node.heritageClauses?.flatMap(({ types }) => types.map(({ expression }) => expression.getText()));
      if (parent?.includes('IoAdapter') !== true) continue;
      yield {
        level: 'hint',
        path,
        line: syntax.line(node),
        message: `${node.name?.text ?? 'This class'} extends IoAdapter, which has no effect next to SocketIoModule.`,
        fix: 'Set its options in SocketIoModule.forRoot({ ... }) and remove the class.',
      };
    }
  }
}

/** Imports of `socket.io`, which only `@nestjs/platform-socket.io` has brought along. */
function* imports(facts: Facts): Iterable<Finding> {
  const { syntax, project } = facts;
  for (const path of syntax.filesWith('socket.io', { tests: true })) {
    if (!isOurs(facts, path)) continue;
    const { dependencies = {}, devDependencies = {} } = (project.packageOf(path) as ProjectPackage).manifest;
    const names = syntax.importsFrom(path, 'socket.io');
    const [first] = names;
    if (first === undefined || 'socket.io' in dependencies) continue;
    const isTypeOnly = names.every((name) => name.isTypeOnly);
    if (isTypeOnly && 'socket.io' in devDependencies) continue;
    const isNamed = names.every(({ imported }) => imported !== '*' && imported !== 'default');
    const imported = names.map(({ imported }) => imported).join(', ');
    yield {
      level: 'problem',
      path,
      line: syntax.line(first.node),
      message: `This file imports ${imported} from socket.io, which package.json does not have in its dependencies.`,
      fix: isNamed
        ? `import ${isTypeOnly ? 'type ' : ''}{ ${imported} } from 'nest-socketio';`
        : 'Import from nest-socketio.',
    };
  }
}
