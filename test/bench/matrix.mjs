/**
 * Contenders by scenarios by rounds. Contenders take turns within a round and each round begins with another one;
 * all are measured through the same load. A cell that cannot be verified is a failure, not a figure.
 */
import { CONTENDERS } from './contenders.mjs';
import { Program } from './program.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { rotated } from './statistics.mjs';

const GENERATOR = new URL('load/generator.mjs', import.meta.url);

/**
 * @param options.mode `full` or `quick`: which sizes
 * @param options.minutes after which no round begins that would not end by then
 * @param progress called with a line of text for each cell
 * @returns by scenario and contender: one cell per round
 */
export async function measure({ rounds, minutes, only, scenarios, mode }, progress) {
  const contenders = CONTENDERS.filter(({ id, isExtra }) => (only === null ? !isExtra : only.includes(id)));
  const chosen = SCENARIOS.filter(({ id }) => scenarios === null || scenarios.includes(id));
  const cells = Object.fromEntries(
    chosen.map(({ id, needsRooms }) => [
      id,
      Object.fromEntries(
        contenders.filter(({ hasRooms }) => hasRooms || !needsRooms).map((contender) => [contender.id, []]),
      ),
    ]),
  );
  const startedAt = performance.now();
  for (let round = 0; round < rounds; round++) {
    const spent = (performance.now() - startedAt) / 60_000;
    if ((spent / Math.max(round, 1)) * (round + 1) > minutes) {
      progress(`${round} of ${rounds} rounds: another would take longer than ${minutes} minutes in all`);
      break;
    }
    for (const contender of rotated(contenders, round)) {
      for (const isFresh of mode === 'full' ? [false, true] : [undefined]) {
        const due = chosen.filter(
          (scenario) =>
            [undefined, scenario.isFresh ?? false].includes(isFresh) && cells[scenario.id][contender.id] !== undefined,
        );
        await withBench(contender, due, mode, ({ id }, cell) => {
          cells[id][contender.id].push(cell);
          progress(`round ${round + 1} of ${rounds}  ${contender.title.padEnd(27)} ${id.padEnd(11)} ${told(cell)}`);
        });
      }
    }
  }
  return cells;
}

/** Starts a contender and the load. */
export async function startBench(contender, options = {}) {
  const server = await Program.start(contender.file, {
    ...options,
    env: { WS_NO_BUFFER_UTIL: '1', ...contender.env }, // everybody unmasks in JavaScript, whatever is installed
  });
  try {
    return { contender, server, load: await startLoad(), port: await server.ask('port') };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Another process of clients. */
export function startLoad() {
  return Program.start(GENERATOR);
}

export async function stopBench({ server, load }) {
  await Promise.all([server.stop(), load.stop()]);
}

/** Runs scenarios on one server; after a failure, the next one gets a new server. */
async function withBench(contender, scenarios, mode, record) {
  let bench = null;
  try {
    for (const scenario of scenarios) {
      try {
        if (bench === null) {
          bench = await startBench(contender);
          if (!scenario.isFresh && mode === 'full') await warmUp(bench);
        }
        record(scenario, await scenario.run(bench, scenario[mode]));
      } catch (error) {
        record(scenario, { failure: error.message });
        if (bench !== null) await stopBench(bench);
        bench = null;
      }
    }
  } finally {
    if (bench !== null) await stopBench(bench);
  }
}

/** Lets the compiler see everything once. */
export async function warmUp(bench) {
  for (const { full, run, needsRooms, isFresh, id } of SCENARIOS) {
    if (isFresh || id === 'latency' || (needsRooms && !bench.contender.hasRooms)) continue;
    await run(bench, Object.fromEntries(Object.entries(full).map(([name, size]) => [name, warmUpSize(name, size)])));
  }
}

/** A fifth of the messages. */
function warmUpSize(name, size) {
  return name === 'each' || name === 'count' ? size / 5 : size;
}

function told({ failure, cpu, count, heap, wall }) {
  if (failure !== null) return `failed: ${failure}`;
  if (heap !== undefined) return `${Math.round(heap)} bytes of heap each`;
  return `${(cpu / count).toFixed(2)} µs each${wall === undefined ? '' : `, ${Math.round(count / (wall / 1000))}/s`}`;
}
