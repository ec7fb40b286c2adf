/** Bytes that the server's heap is charged with, counted in a process of its own in which nothing else happens. */
import { CONTENDERS } from './contenders.mjs';
import { startBench, stopBench } from './matrix.mjs';
import { SCENARIOS } from './scenarios.mjs';

/** So large a young generation that nothing is collected while bytes are counted. */
const NO_COLLECTION = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256'];

/** @returns bytes of JS heap that each of `clients` idle connections keeps */
export async function heapPerConnection(contender, clients) {
  return withBench(contender, async (bench) => {
    const { run } = scenario('memory');
    const { heap, failure } = await run(bench, { clients, before: 200 });
    if (failure !== null) throw new Error(failure);
    return heap;
  });
}

/**
 * @param sizes of the scenario; it is run twice with them, and the second time is counted
 * @returns bytes that are allocated for each operation, the clients' connections left out
 */
export async function allocatedPerOperation(contender, id, sizes) {
  return withBench(contender, async (bench) => {
    const { run } = scenario(id);
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
  const contender = CONTENDERS.find((contender) => contender.id === id);
  const bench = await startBench(contender, { execArgv: NO_COLLECTION });
  try {
    return await run(bench);
  } finally {
    await stopBench(bench);
  }
}

function scenario(id) {
  return SCENARIOS.find((scenario) => scenario.id === id);
}
