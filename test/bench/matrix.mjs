/**
 * Measures contenders by scenarios by rounds. Contenders take turns within a round, each round starts with a different
 * one, and all get the same load. A cell that cannot be verified is recorded as a failure, without a figure.
 */
import { Nodes } from './nodes.mjs';
import { Program } from './program.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { rotated } from './statistics.mjs';

const GENERATOR = new URL('load/generator.mjs', import.meta.url);

/**
 * @param options.mode the sizes to use: `full` or `quick`
 * @param options.minutes the budget: no round starts that would exceed it
 * @param options.times a multiple of the number of messages: rare work needs more of them until it is compiled
 * @param progress called with a line of text for each cell
 * @returns the cells by scenario and contender, one per round
 */
export async function measure({ contenders, rounds, minutes, scenarios, mode, times = 1 }, progress) {
  const cells = Object.fromEntries(
    scenarios.map(({ id }) => [
      id,
      Object.fromEntries(contenders.filter(({ lacks }) => !lacks.includes(id)).map((contender) => [contender.id, []])),
    ]),
  );
  const startedAt = performance.now();
  for (let round = 0; round < rounds; round++) {
    const spent = (performance.now() - startedAt) / 60_000;
    if ((spent / Math.max(round, 1)) * (round + 1) > minutes) {
      progress(`stopped after ${round} of ${rounds} rounds: another would exceed ${minutes} minutes in total`);
      break;
    }
    for (const contender of rotated(contenders, round)) {
      for (const isFresh of mode === 'full' ? [false, true] : [undefined]) {
        const due = scenarios.filter(
          (scenario) =>
            [undefined, scenario.isFresh ?? false].includes(isFresh) &&
            cells[scenario.id][contender.id] !== undefined &&
            round < (scenario.rounds ?? rounds),
        );
        await withBench(contender, due, { mode, times }, ({ id }, cell) => {
          cells[id][contender.id].push(cell);
          progress(`round ${round + 1} of ${rounds}  ${contender.title.padEnd(29)} ${id.padEnd(11)} ${cellText(cell)}`);
        });
      }
    }
  }
  return cells;
}

/** Starts the nodes of a contender and a load generator. */
export async function startBench(contender, options = {}) {
  const server = await Nodes.start(contender.nodes, contender.file, {
    ...options,
    // Every contender unmasks in JavaScript, even if bufferutil is installed.
    env: { WS_NO_BUFFER_UTIL: '1', ...contender.env },
  });
  try {
    return { contender, server, load: await startLoad(), ports: await server.each('port') };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Starts a load generator: another process with clients. */
export function startLoad() {
  return Program.start(GENERATOR);
}

export async function stopBench({ server, load }) {
  await Promise.all([server.stop(), load.stop()]);
}

/** Runs scenarios on one server. After a failure, the next scenario gets a new server. */
async function withBench(contender, scenarios, { mode, times }, record) {
  let bench = null;
  try {
    for (const scenario of scenarios) {
      try {
        if (bench === null) {
          bench = await startBench(contender);
          if (!scenario.isFresh && mode === 'full') await warmUp(bench, scenarios, times);
        }
        record(scenario, await scenario.run(bench, enlarged(scenario[mode], times)));
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

/** Multiplies the number of messages. */
export function enlarged(sizes, times) {
  return Object.fromEntries(
    Object.entries(sizes).map(([name, size]) => [name, name === 'each' || name === 'count' ? size * times : size]),
  );
}

/**
 * Lets the JIT compiler see all code once, with a fifth of the messages.
 * @param scenarios those to be measured on this server
 */
export async function warmUp(bench, scenarios = SCENARIOS, times = 1) {
  for (const { full, run, isFresh, id, warmUp: sizes } of scenarios) {
    if (isFresh || id === 'latency' || bench.contender.lacks.includes(id)) continue;
    await run(bench, { ...enlarged(full, times / 5), ...sizes });
  }
}

function cellText({ failure, cpu, count, heap, wall }) {
  if (failure !== null) return `failed: ${failure}`;
  if (heap !== undefined) return `${Math.round(heap)} bytes of heap each`;
  return `${(cpu / count).toFixed(2)} µs each${wall === undefined ? '' : `, ${Math.round(count / (wall / 1000))}/s`}`;
}
