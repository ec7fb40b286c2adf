/**
 * The scenarios. Each opens its own clients and sends a fixed number of messages, so that every contender does the same
 * work. The full sizes take about a second with the slowest contender.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * `full` and `quick` are sizes; `unit` is the operation that the CPU time is divided by. A scenario with `isFresh` gets
 * a new server; one with `rounds` is measured in at most that many rounds.
 */
export const SCENARIOS = [
  {
    id: 'connect',
    title: 'connect, 32 at once',
    unit: 'connection',
    full: { clients: 1000 },
    quick: { clients: 40 },
    run: connect,
  },
  {
    id: 'echo1',
    title: 'echo, 50 clients, 1 under way',
    unit: 'round trip',
    full: { clients: 50, each: 250, underWay: 1 },
    quick: { clients: 10, each: 10, underWay: 1 },
    run: task('echo'),
  },
  {
    id: 'echo16',
    title: 'echo, 50 clients, 16 under way',
    unit: 'round trip',
    full: { clients: 50, each: 500, underWay: 16 },
    quick: { clients: 10, each: 20, underWay: 16 },
    run: task('echo'),
  },
  {
    id: 'fan64',
    title: 'to 64 clients, 1 message a turn',
    unit: 'delivery',
    full: { clients: 64, count: 600, perTurn: 1, rooms: 0 },
    quick: { clients: 64, count: 10, perTurn: 1, rooms: 0 },
    run: broadcast,
  },
  {
    id: 'fan64burst',
    title: 'to 64 clients, 10 messages a turn',
    unit: 'delivery',
    full: { clients: 64, count: 1000, perTurn: 10, rooms: 0 },
    quick: { clients: 64, count: 20, perTurn: 10, rooms: 0 },
    run: broadcast,
  },
  {
    id: 'rooms',
    title: '50 rooms of 10 clients, 1 message a turn',
    unit: 'delivery',
    full: { clients: 500, count: 3000, perTurn: 1, rooms: 50 },
    quick: { clients: 20, count: 20, perTurn: 1, rooms: 4 },
    run: broadcast,
  },
  {
    id: 'chat',
    title: 'chat, 50 clients, every message to all',
    unit: 'delivery',
    full: { clients: 50, each: 30 },
    quick: { clients: 10, each: 5 },
    run: task('chat'),
  },
  {
    id: 'latency',
    title: 'echo, 500 a second from 20 clients',
    unit: 'round trip',
    full: { clients: 20, count: 1000, rate: 500 },
    quick: { clients: 10, count: 50, rate: 500 },
    run: task('latency'),
  },
  {
    id: 'memory',
    title: 'idle connections',
    unit: 'connection',
    full: { clients: 2000, before: 500 },
    quick: { clients: 100, before: 20 },
    isFresh: true,
    rounds: 2, // enough: the heap varies by only 1 %
    run: memory,
  },
];

/**
 * The scenarios of clusters. The clients are distributed over the nodes in turn, so that each room has the same number
 * of members on each of two nodes. `warmUp` replaces sizes in the warm-up: two nodes share the messages, so they need
 * more of them until all code is compiled.
 */
export const CLUSTER_SCENARIOS = [
  {
    id: 'rooms',
    title: '25 rooms of 4 clients, 4 messages under way each',
    unit: 'delivery',
    full: { clients: 100, each: 300, underWay: 4, size: 4 },
    warmUp: { each: 300 },
    quick: { clients: 8, each: 8, underWay: 4, size: 4 },
    run: talkInRooms,
  },
  {
    id: 'chat',
    title: 'chat, 100 clients, every message to all',
    unit: 'delivery',
    full: { clients: 100, each: 30 },
    warmUp: { each: 30 },
    quick: { clients: 8, each: 5 },
    run: task('chat'),
  },
];

export function scenarioOf(id) {
  return SCENARIOS.find((scenario) => scenario.id === id);
}

const AT_ONCE = 32;
const POLL = 5; // ms

/** Opens clients, runs a task, closes them. Only the task is metered. */
function task(command) {
  return (bench, { clients, ...args }) =>
    withClients(bench, clients, () => metered(bench, () => bench.load.ask(command, args)));
}

async function connect(bench, { clients }) {
  const result = await metered(bench, () => openClients(bench, clients));
  await closeClients(bench);
  return result;
}

function talkInRooms(bench, { clients, ...args }) {
  return withClients(bench, clients, async () => {
    const { failure } = await bench.load.ask('enter', args);
    if (failure !== null) return { failure };
    return metered(bench, () => bench.load.ask('tell', args));
  });
}

function broadcast(bench, { clients, count, perTurn, rooms }) {
  return withClients(bench, clients, async () => {
    if (rooms > 0) await bench.server.ask('join', { rooms });
    const groups = rooms || 1;
    await bench.load.ask('listen', { each: count / groups, groups });
    return metered(bench, async () => {
      const heard = bench.load.ask('heard');
      await bench.server.ask('broadcast', { count, perTurn, rooms });
      return heard;
    });
  });
}

/**
 * @param before number of connections that are opened before measuring, so that lazily made state exists and no
 * connection closes while memory is measured
 */
function memory(bench, { clients, before }) {
  return withClients(bench, before, async () => {
    await bench.load.ask('echo', { each: 1, underWay: 1 });
    const few = await bench.server.ask('memory');
    const { failure } = await openClients(bench, clients, before);
    const many = await bench.server.ask('memory');
    const per = (what) => (many[what] - few[what]) / clients;
    return { count: clients, failure, heap: per('heapUsed'), rss: per('rss') };
  });
}

async function withClients(bench, count, run) {
  await openClients(bench, count);
  const result = await run();
  const { failure } = await closeClients(bench);
  return { ...result, failure: result.failure ?? failure };
}

/** @param already number of clients that are connected already */
export async function openClients({ server, load, ports, contender }, count, already = 0) {
  const result = await load.ask('open', { ports, protocol: contender.protocol, count, atOnce: AT_ONCE });
  const clients = await server.ask('clients');
  const due = already + count;
  return clients === due ? result : { ...result, failure: `the server must have ${due} clients, got ${clients}` };
}

/** Closes all clients, and waits until the server has noticed. */
export async function closeClients({ server, load }) {
  const result = await load.ask('close');
  for (const end = performance.now() + 5000; performance.now() < end; await sleep(POLL)) {
    if ((await server.ask('clients')) === 0) return result;
  }
  return { failure: 'the server still has clients 5 s after they closed' };
}

/**
 * Runs exactly the part that is to be measured, inside `bench.around` if given, which measures something else.
 * @returns the result, with the CPU time of the server's processes in µs as `cpu`, and of their broker as `broker`
 */
async function metered({ server, around, contender: { redis } }, run) {
  if (around !== undefined) return around(run);
  const brokerBefore = await redis?.cpu();
  const before = await server.ask('cpu');
  const result = await run();
  const cpu = (await server.ask('cpu')) - before;
  return { ...result, cpu, ...(redis === null ? {} : { broker: (await redis.cpu()) - brokerBefore }) };
}
