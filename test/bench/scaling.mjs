// Measures what the bulletins of 4, 16 and 64 nodes cost a node without members of their rooms. See README.md.
import { setTimeout as sleep } from 'node:timers/promises';
import { Server } from '../../dist/server/internal.js';
import { createCluster, memoryBroker } from '../../dist/cluster/index.js';
import { CLUSTERS, onRedis } from './contenders.mjs';
import { SimulatedNodes } from './load/simulated-nodes.mjs';
import { stamp, stampText } from './machine.mjs';
import { startBench, stopBench } from './matrix.mjs';
import { readOptions } from './options.mjs';
import { Program } from './program.mjs';
import { startRedis } from './redis.mjs';
import { DOCS, publish } from './report/publish.mjs';
import { number } from './report/svg.mjs';
import { table } from './report/tables.mjs';
import { closeClients, CLUSTER_SCENARIOS, openClients } from './scenarios.mjs';
import { median } from './statistics.mjs';

/** Broadcasts in a bulletin; 0 stands for a heartbeat. */
const RECORDS = [0, 1, 10, 100];
const HEARTBEAT = 3; // s
/** Bulletins of all nodes: so few that each arrives alone. */
const PER_SECOND = 1000;
/** Several bulletins arrive at once, as they do while the node is busy. */
const FLOOD = undefined;
const CLIENTS = 2;

const { bulletins, times, sizes, quick, out } = readOptions(process.argv.slice(2), {
  /** in each measurement */
  bulletins: { number: 2000 },
  /** measurements, of which the median counts */
  times: { number: 3 },
  /** numbers of nodes */
  sizes: { names: ['4', '16', '64'] },
  quick: { flag: false },
  out: { path: DOCS },
});

const redis = await startRedis();
if (redis === null) throw new Error('redis-server must be installed, and could not be started');
try {
  const own = await costOfOwnMessage();
  const rows = [];
  for (const nodes of (sizes ?? ['4', '16', '64']).map(Number)) {
    rows.push({ nodes, engine: 'memory', costs: await inMemory(nodes) });
    rows.push({ nodes, engine: 'Redis', costs: await onRedisServer(nodes) });
  }
  publish(out, 'scaling', [stampText(stamp()), costTable(rows), ...limits(own, rows)].join('\n\n'));
} finally {
  await redis.stop();
}
process.exit(); // the servers in this process have no resources to close

/** µs of a message to a room of four members on the same node, with its acknowledgement and its record. */
async function costOfOwnMessage() {
  const { full, quick: small, warmUp, run } = CLUSTER_SCENARIOS.find(({ id }) => id === 'rooms');
  const bench = await startBench(nodeUnderTest());
  try {
    if (!quick) await run(bench, { ...full, ...warmUp });
    const { cpu, count, failure } = await run(bench, quick ? small : full);
    if (failure !== null) throw new Error(failure);
    return (cpu / count) * full.size;
  } finally {
    await stopBench(bench);
  }
}

function nodeUnderTest() {
  return {
    ...onRedis(
      CLUSTERS.find(({ id }) => id === 'broker'),
      redis,
    ),
    nodes: 1,
  };
}

/** The cost of each kind of bulletin, in µs: for the node under test, and for Redis, which sends it to all nodes. */
async function onRedisServer(count) {
  const bench = await startBench(nodeUnderTest());
  const simulated = await Program.start(new URL('load/simulated-nodes.mjs', import.meta.url));
  const costs = {};
  try {
    await openClients(bench, CLIENTS);
    await simulated.ask('open', { url: redis.url, count: count - 1 });
    const measure = async (perSecond, records) => {
      await simulated.ask('build', { bulletins, records });
      await bench.load.ask('tally');
      const [cpu, broker] = [await bench.server.ask('cpu'), await redis.cpu()];
      await simulated.ask('publish', { perSecond });
      await simulated.ask('broadcast');
      await arrived(bench, (count - 1) * CLIENTS); // after all bulletins before
      return {
        cpu: ((await bench.server.ask('cpu')) - cpu) / bulletins,
        broker: ((await redis.cpu()) - broker) / bulletins,
      };
    };
    for (const records of RECORDS) await measure(FLOOD, records); // the code is compiled
    costs.alone = await repeated(() => measure(PER_SECOND, 1));
    for (const records of RECORDS) costs[records] = await repeated(() => measure(FLOOD, records));
    await closeClients(bench);
    await simulated.ask('close');
    return costs;
  } finally {
    await Promise.all([simulated.stop(), stopBench(bench)]);
  }
}

/** The same without a network, where all nodes are in this process. The cost of publishing is subtracted. */
async function inMemory(count) {
  const [used, empty] = [memoryBroker(), memoryBroker()];
  const server = new Server(0, { broker: createCluster(used) });
  await sleep(50); // it opens the broker
  const costs = {};
  const [under, nobody] = [await SimulatedNodes.open(used, count - 1), await SimulatedNodes.open(empty, count)];
  const difference = async (records) => ({
    cpu: (await costInProcess(under, records)) - (await costInProcess(nobody, records)),
    broker: null,
  });
  for (const records of RECORDS) await difference(records);
  costs.alone = { cpu: null, broker: null };
  for (const records of RECORDS) costs[records] = await repeated(() => difference(records));
  await server.close();
  return costs;
}

async function costInProcess(nodes, records) {
  nodes.build(bulletins, records);
  const before = process.cpuUsage();
  await nodes.publish();
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / bulletins;
}

async function repeated(measure) {
  const results = [];
  for (let i = 0; i < times; i++) results.push(await measure());
  const of = (name) => (results[0][name] === null ? null : median(results.map((result) => result[name])));
  return { cpu: of('cpu'), broker: of('broker') };
}

async function arrived({ load }, due) {
  for (let i = 0; i < 1000; i++) {
    if ((await load.ask('tallied')) === due) return;
    await sleep(5);
  }
  throw new Error(`${due} deliveries must arrive, got ${await load.ask('tallied')}`);
}

/** A bulletin with one record, and each further record, in µs. */
function parts(costs) {
  const record = (costs[100].cpu - costs[1].cpu) / 99;
  return { bulletin: costs[1].cpu - record, record };
}

function shown(value) {
  return value === null ? '–' : number(value);
}

function whole(value) {
  return number(Math.round(value));
}

function costTable(rows) {
  return table([
    [
      'nodes',
      'engine',
      'heartbeat',
      '1 record',
      '10',
      '100',
      'each record',
      '1 record, alone',
      'Redis: 1 record',
      '100',
    ],
    ...rows.map(({ nodes, engine, costs }) =>
      [nodes, engine].concat(
        RECORDS.map((records) => shown(costs[records].cpu)),
        number(parts(costs).record),
        [costs.alone.cpu, costs[1].broker, costs[100].broker].map(shown),
      ),
    ),
  ]);
}

/** The messages per second that each node can emit until a core is used up: the one of each node, or that of Redis. */
function limits(own, rows) {
  const nodeLimit = ({ nodes, costs }, k) => {
    const { bulletin, record } = parts(costs);
    return 1e6 / (own + (nodes - 1) * (record + Math.max(0, bulletin) / k));
  };
  return [
    `A message to four members on the same node costs that node ${number(own)} µs, with its acknowledgement and its record.`,
    table([
      ['nodes', 'heartbeats', ...[1, 10, 100].flatMap((k) => [`${k} in a bulletin: node`, 'Redis'])],
      ...rows
        .filter(({ engine }) => engine === 'Redis')
        .map((row) =>
          [row.nodes, heartbeats(row)].concat(
            [1, 10, 100].flatMap((k) => [whole(nodeLimit(row, k)), whole(redisLimit(row, k))]),
          ),
        ),
    ]),
  ];
}

function redisLimit({ nodes, costs }, k) {
  return (1e6 * k) / (nodes * costs[k].broker);
}

/** The share of a core that the heartbeats of all other nodes take. */
function heartbeats({ nodes, costs }) {
  return `${number((costs.alone.cpu * (nodes - 1)) / HEARTBEAT / 10_000)} %`;
}
