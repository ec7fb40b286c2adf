import cluster from 'node:cluster';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { nodeClusterBroker } from '../../../lib/cluster/node-cluster/node-cluster-broker.js';
import { setupPrimary } from '../../../lib/cluster/node-cluster/relay.js';
import { REAL_TIME } from '../../support/broker-inbox.js';
import { requireBuild } from '../../support/build.js';
import { expectInvalid, thrown } from '../../support/option-errors.js';
import { start } from '../../support/process.js';

const FOLDER = fileURLToPath(new URL('../../support/node-cluster', import.meta.url));

describe('nodeClusterBroker', () => {
  it('checks its options', () => {
    expect(thrown(() => nodeClusterBroker({ chanel: 'x' } as never))).toMatchObject({
      code: 'UNKNOWN_OPTION',
      message: 'nodeClusterBroker() has no option "chanel" (did you mean "channel"?)',
    });
    expectInvalid(() => nodeClusterBroker({ channel: '' }), 'option "channel" must be a name, got ""');
  });

  it('must be used in a worker', async () => {
    await expect(nodeClusterBroker().create(REAL_TIME)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('this process is not a worker of it: start it with cluster.fork()') as string,
    });
  });
});

describe.concurrent('workers of a cluster', () => {
  it.each(['json', 'advanced'])('reach each other through the primary process, as %s', async (serialization) => {
    requireBuild();
    const program = start(process.execPath, ['broker-primary.mjs'], /"step":"disconnected"/, {
      cwd: FOLDER,
      env: { SERIALIZATION: serialization },
    });
    const lines: string[] = [];
    const output = createInterface({ input: program.child.stdout as NodeJS.ReadableStream });
    output.on('line', (line) => lines.push(line));
    await program.printed.finally(() => program.child.kill('SIGKILL'));
    await once(output, 'close'); // no process is left: a worker ends with its primary
    const results = lines.map((line) => JSON.parse(line) as { step: string; result: unknown });
    const of = (name: string): unknown => results.find(({ step }) => step === name)?.result;

    const missing =
      'the primary process does not relay messages between workers: call setupPrimary() of nest-socketio in it';
    const waiting = { isOpen: false, problems: [missing], received: [], gaps: 0 };
    expect(of('without a relay')).toEqual([waiting, waiting, waiting]);
    const silent = { isOpen: true, problems: [missing, null], received: [], gaps: 0 };
    expect(of('with a relay')).toEqual([silent, silent, silent]);
    const received = [...Array.from({ length: 200 }, () => 10), 3_000_000, 0, 10];
    expect(of('published')).toEqual([silent, { ...silent, received }]);
    expect(of('one is dead')).toEqual([silent, { ...silent, received: [...received, 1, 2] }]);
    const problem = 'this worker is disconnected from the primary process';
    expect(results.filter(({ step }) => step === 'exit')).toHaveLength(2);
    expect(of('disconnected')).toEqual({ problem, error: problem });
  });
});

it('setupPrimary adds one listener to the cluster', () => {
  const before = cluster.listenerCount('message');
  setupPrimary();
  setupPrimary();
  expect(cluster.listenerCount('message')).toBeLessThanOrEqual(before + 1);
});
