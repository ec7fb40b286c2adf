// Compares contenders by the CPU time that their servers spend per operation: single servers, and clusters. See README.md.
import { compare } from './compare.mjs';
import { BASE, CLUSTER_BASE, CLUSTER_PACKAGES, CLUSTERS, CONTENDERS, onRedis, PACKAGES } from './contenders.mjs';
import { readOptions } from './options.mjs';
import { startRedis } from './redis.mjs';
import { clusterPlots, resultPlots } from './report/plots.mjs';
import { DOCS, publish, writeFiles } from './report/publish.mjs';
import { clusterTables, resultTables } from './report/tables.mjs';
import { CLUSTER_SCENARIOS, SCENARIOS } from './scenarios.mjs';

const ids = (...lists) => [...new Set(lists.flat().map(({ id }) => id))];

const {
  suites,
  rounds,
  minutes,
  times,
  only,
  scenarios: named,
  out,
  quick,
} = readOptions(process.argv.slice(2), {
  suites: { names: ['servers', 'clusters'] },
  rounds: { number: 5 },
  /** for each suite */
  minutes: { number: 5 },
  /** a multiple of the number of messages */
  times: { number: 1 },
  only: { names: ids(CONTENDERS, CLUSTERS) },
  scenarios: { names: ids(SCENARIOS, CLUSTER_SCENARIOS) },
  out: { path: DOCS },
  quick: { flag: false },
});

const isNamed = ({ id }) => named === null || named.includes(id);
const isWanted = ({ id, isExtra }) => (only === null ? !isExtra : only.includes(id));
const sizes = { rounds, minutes, times, quick };

if (suites === null || suites.includes('servers')) await compareServers();
if (suites === null || suites.includes('clusters')) await compareClusters();

async function compareServers() {
  const contenders = CONTENDERS.filter(isWanted);
  const scenarios = SCENARIOS.filter(isNamed);
  if (contenders.length === 0 || scenarios.length === 0) return;
  const results = await compare({ contenders, scenarios, base: BASE, packages: PACKAGES, ...sizes });
  writeFiles(out, {
    'results.json': `${JSON.stringify(results, null, 1)}\n`,
    ...resultPlots(results),
  });
  publish(out, 'results', resultTables(results));
}

async function compareClusters() {
  const clusters = CLUSTERS.filter(isWanted);
  const scenarios = CLUSTER_SCENARIOS.filter(isNamed);
  if (clusters.length === 0 || scenarios.length === 0) return;
  const redis = await startRedis();
  if (redis === null) {
    console.error('skipping clusters: redis-server must be installed, and could not be started');
    return;
  }
  try {
    const contenders = clusters.map((cluster) => onRedis(cluster, redis));
    const results = await compare({ contenders, scenarios, base: CLUSTER_BASE, packages: CLUSTER_PACKAGES, ...sizes });
    writeFiles(out, {
      'clusters.json': `${JSON.stringify(results, null, 1)}\n`,
      ...clusterPlots(results),
    });
    publish(out, 'clusters', clusterTables(results));
  } finally {
    await redis.stop();
  }
}
