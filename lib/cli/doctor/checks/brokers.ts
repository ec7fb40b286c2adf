import type { ParsedSource } from '../../source/parsed-source.js';
import type { Check, Facts, Finding } from '../check.js';
import { lineOf } from '../places.js';
import { packageManagerOf } from '../../project/package-manager.js';

const ADAPTERS: Readonly<Record<string, readonly string[]>> = {
  '@socket.io/redis-adapter': ['redis', 'ioredis'],
  '@socket.io/redis-streams-adapter': ['redis', 'ioredis'],
  '@socket.io/redis-emitter': ['redis', 'ioredis'],
  '@socket.io/postgres-adapter': ['pg'],
  '@socket.io/mongo-adapter': ['mongodb'],
};

/** Adapters, emitters, and the clients of their brokers. */
export const brokers: Check = function* (facts): Iterable<Finding> {
  yield* missingClients(facts);
  yield* lostEmits(facts);
  yield* endlessQuits(facts);
};

function* missingClients({ project }: Facts): Iterable<Finding> {
  for (const { path, manifest } of project.packages) {
    const { dependencies = {} } = manifest;
    for (const [adapter, clients] of Object.entries(ADAPTERS)) {
      if (!(adapter in dependencies) || clients.some((client) => client in dependencies)) continue;
      yield {
        level: 'hint',
        path,
        line: lineOf(project.text(path), adapter),
        message: `${adapter} needs a client of its broker (${clients.join(' or ')}), but package.json has none.`,
        fix: `${packageManagerOf(project).add} ${clients.at(-1)}`,
      };
    }
  }
}

/** `redis-emitter` publishes on channels that the adapter for streams does not read. */
function* lostEmits({ sources }: Facts): Iterable<Finding> {
  const uses = (name: string): ParsedSource | undefined =>
    sources.withCode(name).find((source) => source.namesFrom(name).some(({ isTypeOnly }) => !isTypeOnly));
  const emitter = uses('@socket.io/redis-emitter');
  const streams = uses('@socket.io/redis-streams-adapter');
  if (emitter === undefined || streams === undefined) return;
  const [name] = emitter.namesFrom('@socket.io/redis-emitter');
  yield {
    level: uses('@socket.io/redis-adapter') === undefined ? 'problem' : 'hint',
    path: emitter.path,
    ...(name === undefined ? {} : { line: emitter.lineOf(name.node) }),
    message: `Emits of @socket.io/redis-emitter do not reach servers with @socket.io/redis-streams-adapter (${streams.path}).`,
    fix: 'Use @socket.io/redis-adapter in the servers, or emit from a server.',
  };
}

/** `quit` waits for an answer, and `maxRetriesPerRequest: null` has a command wait for as long as Redis is away. */
function* endlessQuits({ sources }: Facts): Iterable<Finding> {
  for (const source of sources.withCode('maxRetriesPerRequest')) {
    const properties = source.find(source.ts.isPropertyAssignment);
    if (!properties.some((one) => /^maxRetriesPerRequest\s*:\s*null$/.test(source.textOf(one)))) continue;
    const calls = (method: string) => source.calls.find((call) => source.calleeOf(call).endsWith(`.${method}`));
    const quit = calls('quit');
    if (quit === undefined || calls('disconnect') !== undefined) continue;
    yield {
      level: 'hint',
      path: source.path,
      line: source.lineOf(quit),
      message: 'With maxRetriesPerRequest: null, quit() waits until Redis is back, and so does the end of the process.',
      fix: `${source.calleeOf(quit).replace(/quit$/, 'disconnect')}()`,
    };
  }
}
