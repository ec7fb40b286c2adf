// Compares contenders by what their servers spend per operation. See README.md.
import { BASE, CONTENDERS } from './contenders.mjs';
import { measure } from './matrix.mjs';
import { readOptions } from './options.mjs';
import { resultPlots } from './report/plots.mjs';
import { DOCS, fillDocument, writeFiles } from './report/publish.mjs';
import { failuresOf, resultsOf } from './report/results.mjs';
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
const mode = quick ? 'quick' : 'full';

const contenders = CONTENDERS.filter(({ id, isExtra }) => (only === null ? !isExtra : only.includes(id)));
const scenarios = SCENARIOS.filter(({ id }) => named === null || named.includes(id));
const cells = await measure({ contenders, scenarios, rounds: quick ? 1 : rounds, minutes, mode }, (line) =>
  console.error(line),
);
const results = resultsOf(cells, { contenders, scenarios, base: BASE, mode });
const tables = resultTables(results);

writeFiles(out, {
  'results.json': `${JSON.stringify(results, null, 1)}\n`,
  'results.md': `${tables}\n`,
  ...resultPlots(results),
});
fillDocument(out, 'results', tables);
console.log(tables);
for (const failure of failuresOf(results)) {
  console.error(`failed: ${failure}`);
  process.exitCode = 1;
}
