import type ts from 'typescript';
import type { Check, Facts, Finding } from '../check.js';
import { applicationFolder, isOurs } from '../places.js';
import type { Call } from '../syntax.js';

const DECORATORS = new Set(['Gateway', 'Event', 'SocketEvent', 'OnConnect', 'OnDisconnect']);

/** `SocketIoModule.forRoot()`, which each application must import once. */
export const moduleRegistration: Check = function* (facts): Iterable<Finding> {
  const registrations = registrationsOf(facts);
  if (registrations.length === 0) yield* unregistered(facts);
  yield* doubled(facts, registrations);
};

interface Registration {
  readonly path: string;
  readonly call: Call;
}

function registrationsOf({ syntax }: Facts): Registration[] {
  return syntax.filesWith('SocketIoModule').flatMap((path) => {
    const names = new Set(syntax.importsFrom(path, 'nest-socketio').map(({ local }) => local));
    const call = syntax.calls(path).find((call) => {
      const [object = '', method = ''] = syntax.callee(call).split(/\.(?=forRoot(?:Async)?$)/);
      return method !== '' && (names.has(object) || names.has(object.split('.', 1)[0] as string));
    });
    return call === undefined ? [] : [{ path, call }];
  });
}

/** Reports the first gateway, which nothing serves. */
function* unregistered(facts: Facts): Iterable<Finding> {
  const { syntax } = facts;
  for (const path of new Set([...syntax.filesWith('nest-socketio'), ...syntax.filesWith('WebSocketGateway')])) {
    const names = new Set(decoratorsOf(facts, path));
    const used = syntax.nodes(path).find((node) => syntax.ts.isDecorator(node) && names.has(decoratorName(node)));
    if (used === undefined) continue;
    const decorator = `@${decoratorName(used as ts.Decorator)}()`;
    yield {
      level: 'problem',
      path,
      line: syntax.line(used),
      message: `The root module must import SocketIoModule.forRoot(), which serves ${decorator}, but no module does.`,
      fix: '@Module({ imports: [SocketIoModule.forRoot()], ... })',
    };
    return;
  }
}

/** `Gateway` for `@Gateway('/chat')`. */
function decoratorName({ expression }: ts.Decorator): string {
  return expression.getText().split('(', 1)[0] as string;
}

/** The decorators that need the module: ours, and Nest's unless another platform may serve its gateways. */
function decoratorsOf(facts: Facts, path: string): string[] {
  const { syntax, project } = facts;
  const ours = syntax.importsFrom(path, 'nest-socketio').filter(({ imported }) => DECORATORS.has(imported));
  const { dependencies = {} } = project.packageOf(path)?.manifest ?? {};
  const isNests = isOurs(facts, path) && !('@nestjs/platform-ws' in dependencies);
  const nests = isNests ? syntax.importsFrom(path, '@nestjs/websockets') : [];
  return [...ours, ...nests.filter(({ imported }) => imported === 'WebSocketGateway')].map(({ local }) => local);
}

/** Reports each module but the first of a source folder that has one `main.ts`, and so one root module. */
function* doubled({ syntax, project }: Facts, registrations: readonly Registration[]): Iterable<Finding> {
  const roots = new Map<string, string>();
  for (const { path, call } of registrations) {
    const folder = applicationFolder(project, path);
    const first = roots.get(folder);
    if (first === undefined) {
      roots.set(folder, path);
      continue;
    }
    const starts = syntax.filesWith('NestFactory').filter((file) => file.startsWith(folder));
    yield {
      level: starts.length === 1 && project.has(`${folder}main.ts`) ? 'problem' : 'hint',
      path,
      line: syntax.line(call),
      message: `An application must import SocketIoModule.forRoot() once, but ${first} does so, too.`,
      fix: `Remove ${syntax.callee(call)}(...) here: the module is global.`,
    };
  }
}
