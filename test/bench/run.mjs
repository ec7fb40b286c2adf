// Compares contenders by the CPU time that their servers spend per operation. See README.md.
import { compare } from './compare.mjs';
import { BASE, CONTENDERS } from './contenders.mjs';
import { readOptions } from './options.mjs';
import { resultPlots } from './report/plots.mjs';
import { DOCS, publish, writeFiles } from './report/publish.mjs';
import { resultTables } from './report/tables.mjs';
import { SCENARIOS } from './scenarios.mjs';

const ids = (list) => list.map(({ id }) => id);

const {
  rounds,
  minutes,
  only,
  scenarios: named,
  out,
  quick,
} = readOptions(process.argv.slice(2), {
  rounds: { number: 5 },
  minutes: { number: 5 },
  only: { names: ids(CONTENDERS) },
  scenarios: { names: ids(SCENARIOS) },
  out: { path: DOCS },
  quick: { flag: false },
});

const contenders = CONTENDERS.filter(({ id, isExtra }) => (only === null ? !isExtra : only.includes(id)));
const scenarios = SCENARIOS.filter(({ id }) => named === null || named.includes(id));
const results = await compare({ contenders, scenarios, base: BASE, rounds, minutes, quick });

writeFiles(out, {
  'results.json': `${JSON.stringify(results, null, 1)}\n`,
  ...resultPlots(results),
});
publish(out, 'results', resultTables(results));
