// Shows by layer where the server's CPU time goes in a scenario, from a sampling profile. See README.md.
import { CLUSTERS, CONTENDERS, onRedis } from './contenders.mjs';
import { stamp, stampText } from './machine.mjs';
import { enlarged, startBench, stopBench, warmUp } from './matrix.mjs';
import { readOptions } from './options.mjs';
import { byLayer, longest } from './report/layers.mjs';
import { startRedis } from './redis.mjs';
import { DOCS, publish } from './report/publish.mjs';
import { number } from './report/svg.mjs';
import { table } from './report/tables.mjs';
import { CLUSTER_SCENARIOS, SCENARIOS } from './scenarios.mjs';

const DEFAULT = ['echo1', 'echo16', 'fan64burst', 'chat'];
const SHOWN = 0.002; // of the total; a smaller share is noise

const { only, scenarios, times, interval, out } = readOptions(process.argv.slice(2), {
  only: { names: [...CONTENDERS, ...CLUSTERS].map(({ id }) => id) },
  scenarios: { names: SCENARIOS.map(({ id }) => id) },
  /** a multiple of the number of messages in `npm run bench` */
  times: { number: 4 },
  /** µs between samples */
  interval: { number: 200 },
  out: { path: DOCS },
});

const ids = only ?? ['nest-socketio'];
const redis = CLUSTERS.some(({ id }) => ids.includes(id)) ? await startRedis() : null;
try {
  for (const id of ids) {
    const cluster = CLUSTERS.find((cluster) => cluster.id === id);
    if (cluster === undefined)
      await profileOf(
        CONTENDERS.find((contender) => contender.id === id),
        SCENARIOS,
      );
    else await profileOf(onRedis(cluster, redis), CLUSTER_SCENARIOS);
  }
} finally {
  await redis?.stop();
}

async function profileOf(contender, known) {
  const parts = [`${contender.title}. ${stampText(stamp())}`];
  const wanted = known.filter(({ id }) => (scenarios ?? DEFAULT).includes(id));
  for (const scenario of wanted) {
    console.error(`${contender.title}: ${scenario.id}`);
    parts.push(`#### ${scenario.id}: ${scenario.title}`, await layersOf(contender, scenario, wanted));
  }
  publish(out, 'profile', parts.join('\n\n'), contender.id);
}

async function layersOf(contender, scenario, all) {
  const bench = await startBench(contender);
  try {
    await warmUp(bench, contender.redis === null ? undefined : all);
    let profile;
    const around = async (task) => {
      await bench.server.ask('startProfile', { interval });
      const result = await task();
      profile = await bench.server.ask('stopProfile');
      if (result.failure !== null) throw new Error(result.failure);
      return result;
    };
    const { count } = await scenario.run({ ...bench, around }, enlarged(scenario.full, times));
    return layerTable(profile, count, scenario.unit);
  } finally {
    await stopBench(bench);
  }
}

function layerTable(profile, count, unit) {
  const layers = [...byLayer(profile)].toSorted(([, a], [, b]) => b - a);
  const all = layers.reduce((sum, [, self]) => sum + self, 0);
  const row = (name, self, functions) => [
    name,
    `${((100 * self) / all).toFixed(1)} %`,
    number(self / count),
    functions.map((name) => `\`${name}\``).join(', '),
  ];
  return table([
    ['layer', 'share', `µs per ${unit}`, 'most of it in'],
    ...layers
      .filter(([, self]) => self / all >= SHOWN)
      .map(([layer, self]) => row(layer, self, longest(profile, layer))),
    row('**all**', all, []),
  ]);
}
