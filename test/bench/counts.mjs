/** Counts the bytes and objects that connections and operations cost in the heap of a server process. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contenderOf } from './contenders.mjs';
import { startBench, stopBench } from './matrix.mjs';
import { censusOf, censusPer } from './report/heap.mjs';
import { openClients, scenarioOf } from './scenarios.mjs';

/** Connections that are opened before counting, so that lazily made state exists. */
const BEFORE = 200;

/** Makes the young generation so large that no garbage is collected while bytes are counted. */
const NO_COLLECTION = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256'];

/** @returns the heap objects that each of `connections` idle connections adds, as rows of `censusPer` */
export async function censusOfConnections(contender, connections) {
  const folder = mkdtempSync(join(tmpdir(), 'census-'));
  const snapshot = async ({ server }) => {
    const file = join(folder, 'snapshot.json');
    await server.ask('snapshot', { file });
    return censusOf(JSON.parse(readFileSync(file, 'utf8')));
  };
  try {
    return await withBench(contender, async (bench) => {
      await openClients(bench, BEFORE);
      const before = await snapshot(bench);
      await openClients(bench, connections, BEFORE);
      return censusPer(connections, before, await snapshot(bench));
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @returns the bytes of JS heap that each of `clients` idle connections keeps */
export async function heapPerConnection(contender, clients) {
  return withBench(contender, async (bench) => {
    const { run } = scenarioOf('memory');
    const { heap, failure } = await run(bench, { clients, before: BEFORE });
    if (failure !== null) throw new Error(failure);
    return heap;
  });
}

/**
 * @param sizes of the scenario, which runs twice; only the second run counts
 * @returns the bytes that are allocated per operation, without those for opening connections
 */
export async function allocatedPerOperation(contender, id, sizes) {
  return withBench(contender, async (bench) => {
    const { run } = scenarioOf(id);
    await run(bench, sizes);
    let allocated;
    await run(
      {
        ...bench,
        around: async (task) => {
          await bench.server.ask('memory');
          const before = await bench.server.ask('heap');
          const result = await task();
          const after = await bench.server.ask('heap');
          if (result.failure !== null) throw new Error(result.failure);
          if (after.collections !== before.collections)
            throw new Error('garbage was collected while bytes were counted');
          allocated = (after.heapUsed - before.heapUsed) / result.count;
          return result;
        },
      },
      sizes,
    );
    return allocated;
  });
}

async function withBench(id, run) {
  const bench = await startBench(contenderOf(id), { execArgv: NO_COLLECTION });
  try {
    return await run(bench);
  } finally {
    await stopBench(bench);
  }
}
