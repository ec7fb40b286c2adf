import { describe, expect, it } from 'vitest';
import { brokerOption } from '../../../../lib/cli/doctor/checks/broker-option.js';
import { findingsOf, linesOf, MANIFEST, type Scene } from '../facts.js';

/** An application with these options of the module, and these packages. */
function application(options: string, ...installed: readonly string[]): Scene {
  const code = `import { SocketIoModule } from 'nest-socketio';\nSocketIoModule.forRoot({ ${options} });`;
  const packages = ['nest-socketio', ...installed].map((name) => [`node_modules/${name}`, { version: '1.0.0' }]);
  return { files: { 'src/app.module.ts': code }, installed: Object.fromEntries(packages) as Record<string, object> };
}

const PLACE = 'src/app.module.ts:2';

describe('the check of the option broker', () => {
  it.each([
    ["'redis://localhost:6379'", 'Redis needs the package redis or ioredis, and neither is installed.', 'redis'],
    ["'valkeys://cache:6379'", 'Redis needs the package redis or ioredis, and neither is installed.', 'redis'],
    ["'redis+sentinel://a:26379/main'", 'Redis needs the package redis or ioredis, and neither is installed.', 'redis'],
    ['`redis://${host}`', 'Redis needs the package redis or ioredis, and neither is installed.', 'redis'],
    [
      "'nats://localhost'",
      'NATS needs the package @nats-io/transport-node, which is not installed.',
      '@nats-io/transport-node',
    ],
    ["'postgres://localhost/app'", 'PostgreSQL needs the package pg, which is not installed.', 'pg'],
    ['postgresBroker({ pool })', 'PostgreSQL needs the package pg, which is not installed.', 'pg'],
    [
      "createCluster('redis://localhost')",
      'Redis needs the package redis or ioredis, and neither is installed.',
      'redis',
    ],
  ])('reports that the client library is missing: %s', (value, needs, library) => {
    expect(linesOf(brokerOption, application(`broker: ${value}`))).toEqual([
      `${PLACE} problem: Option "broker" with ${needs} → npm install ${library}`,
    ]);
  });

  it('only hints at it if the URL is a default, or if nothing is installed', () => {
    const options = "broker: process.env.BROKER ?? 'nats://localhost:4222'";
    expect(findingsOf(brokerOption, application(options))).toMatchObject([{ level: 'hint' }]);
    const { files = {} } = application("broker: 'postgres://localhost/app'");
    expect(findingsOf(brokerOption, { files })).toMatchObject([{ level: 'hint' }]);
    const manifest = MANIFEST.replace('"nest-socketio"', '"pg": "*", "nest-socketio"');
    expect(findingsOf(brokerOption, { files: { ...files, 'package.json': manifest } })).toEqual([]);
  });

  it.each([
    ["broker: 'redis://localhost:6379', connectionStateRecovery: {}", 'redis'],
    ["broker: 'redis://localhost:6379'", 'ioredis'],
    ["broker: 'nats://localhost:4222', connectionStateRecovery: undefined", '@nats-io/transport-node'],
    ['broker: memoryBroker()'],
    ['broker: config.url'],
    ['broker'],
    ["url: 'redis://localhost:6379'"],
  ])('accepts %s', (options, ...installed) => {
    expect(findingsOf(brokerOption, application(options, ...installed))).toEqual([]);
  });

  it('reports that JetStream is missing for recovery', () => {
    const options = "broker: 'nats://localhost', connectionStateRecovery: {}";
    expect(linesOf(brokerOption, application(options, '@nats-io/transport-node'))).toEqual([
      `${PLACE} problem: Option "broker" with NATS and connectionStateRecovery needs the package @nats-io/jetstream, ` +
        'which is not installed. → npm install @nats-io/jetstream',
    ]);
  });

  it('reports recovery with a broker that keeps no events', () => {
    const options = "broker: 'postgres://localhost/app', connectionStateRecovery: {}";
    expect(linesOf(brokerOption, application(options, 'pg'))).toEqual([
      `${PLACE} problem: connectionStateRecovery needs a broker that keeps events, and PostgreSQL does not. → ` +
        "broker: 'redis://localhost:6379', or remove connectionStateRecovery",
    ]);
  });

  it('reports a broker next to an adapter', () => {
    const options = "broker: 'redis://localhost', adapter: createAdapter(redis, redis.duplicate())";
    expect(linesOf(brokerOption, application(options, 'ioredis'))).toEqual([
      `${PLACE} problem: Options "broker" and "adapter" exclude each other, since both connect servers. → ` +
        'Remove "adapter", unless the cluster has servers of another package.',
    ]);
  });

  it("hints at a broker of Node's cluster whose primary process does not relay", () => {
    const scene = application("broker: 'cluster:'");
    expect(linesOf(brokerOption, scene)).toEqual([
      `${PLACE} hint: The broker of Node's cluster needs setupPrimary() of nest-socketio in the primary process. → ` +
        'if (cluster.isPrimary) setupPrimary();',
    ]);
    const main = "import { setupPrimary } from 'nest-socketio';\nsetupPrimary();";
    expect(findingsOf(brokerOption, { ...scene, files: { ...scene.files, 'src/main.ts': main } })).toEqual([]);
  });
});
