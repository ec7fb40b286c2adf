import type ts from 'typescript';
import type { Call, ParsedSource } from '../../source/parsed-source.js';
import type { Check, Facts, Finding } from '../check.js';
import { applicationFolder, isOurs } from '../places.js';

const DECORATORS = new Set(['Gateway', 'Event', 'SocketEvent', 'OnConnect', 'OnDisconnect', 'OnDrop', 'OnReturn']);

/** `SocketIoModule.forRoot()`, which each application must import once. */
export const moduleRegistration: Check = function* (facts): Iterable<Finding> {
  const registrations = registrationsOf(facts);
  if (registrations.length === 0) yield* unregistered(facts);
  yield* doubled(facts, registrations);
};

interface Registration {
  readonly source: ParsedSource;
  readonly call: Call;
}

function registrationsOf({ sources }: Facts): Registration[] {
  return sources.withCode('SocketIoModule').flatMap((source) => {
    const names = new Set(source.namesFrom('nest-socketio').map(({ local }) => local));
    const call = source.calls.find((call) => {
      const [object = '', method = ''] = source.calleeOf(call).split(/\.(?=forRoot(?:Async)?$)/);
      return method !== '' && (names.has(object) || names.has(object.split('.', 1)[0] as string));
    });
    return call === undefined ? [] : [{ source, call }];
  });
}

/** Reports the first gateway, which nothing serves. */
function* unregistered(facts: Facts): Iterable<Finding> {
  const { sources } = facts;
  for (const source of new Set([...sources.withCode('nest-socketio'), ...sources.withCode('WebSocketGateway')])) {
    const names = new Set(decoratorsOf(facts, source));
    const used = source.find(source.ts.isDecorator).find((node) => names.has(decoratorName(node)));
    if (used === undefined) continue;
    const decorator = `@${decoratorName(used)}()`;
    yield {
      level: 'problem',
      path: source.path,
      line: source.lineOf(used),
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
function decoratorsOf(facts: Facts, source: ParsedSource): string[] {
  const ours = source.namesFrom('nest-socketio').filter(({ name }) => DECORATORS.has(name));
  const { dependencies = {} } = facts.project.packageOf(source.path)?.manifest ?? {};
  const isNests = isOurs(facts, source.path) && !('@nestjs/platform-ws' in dependencies);
  const nests = isNests ? source.namesFrom('@nestjs/websockets') : [];
  return [...ours, ...nests.filter(({ name }) => name === 'WebSocketGateway')].map(({ local }) => local);
}

/** Reports each module but the first of a source folder that has one `main.ts`, and so one root module. */
function* doubled({ sources, project }: Facts, registrations: readonly Registration[]): Iterable<Finding> {
  const roots = new Map<string, string>();
  for (const { source, call } of registrations) {
    const { path } = source;
    const folder = applicationFolder(project, path);
    const first = roots.get(folder);
    if (first === undefined) {
      roots.set(folder, path);
      continue;
    }
    const starts = sources.withCode('NestFactory').filter((one) => one.path.startsWith(folder));
    yield {
      level: starts.length === 1 && project.has(`${folder}main.ts`) ? 'problem' : 'hint',
      path,
      line: source.lineOf(call),
      message: `An application must import SocketIoModule.forRoot() once, but ${first} does so, too.`,
      fix: `Remove ${source.calleeOf(call)}(...) here: the module is global.`,
    };
  }
}
