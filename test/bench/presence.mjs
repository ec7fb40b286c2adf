// Measures what it costs to know who is in a room, on two nodes with Redis: a large room, and many small ones. The
// presence of this package is compared with a recipe for Socket.IO, which asks all nodes for the sockets of a room at
// each join. See README.md.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { User } from './load/user.mjs';
import { packagesText, stamp, stampText } from './machine.mjs';
import { readOptions } from './options.mjs';
import { Program } from './program.mjs';
import { startRedis } from './redis.mjs';
import { DOCS, filled, writeFiles } from './report/publish.mjs';
import { number } from './report/svg.mjs';
import { table } from './report/tables.mjs';

const NODES = 2;
const AT_ONCE = 32; // handshakes and joins
const PAUSE = 250; // ms in which the announcement of a join arrives everywhere
const IDLE = 200; // ms in which nothing happens, to know what that costs
const SERVER = fileURLToPath(new URL('servers/presence.mjs', import.meta.url));

const TITLES = { presence: 'nest-socketio, presence', recipe: 'socket.io, `fetchSockets` at each join' };

const { users, rooms, size, quick, out } = readOptions(process.argv.slice(2), {
  users: { number: 5_000 },
  rooms: { number: 1_000 },
  size: { number: 20 },
  quick: { flag: false },
  out: { path: DOCS },
});

const last = quick ? 3 : 20; // joins of a full room, one after the other
const idleTimes = quick ? 1 : 10;

const redis = await startRedis();
if (redis === null) throw new Error('this benchmark needs the program redis-server');
try {
  const results = [];
  for (const contender of Object.keys(TITLES)) {
    results.push(await measured(contender));
    console.error(JSON.stringify(results.at(-1)));
  }
  report(results);
} finally {
  await redis.stop();
}

async function measured(contender) {
  const env = { CONTENDER: contender, REDIS: redis.path, REDIS_URL: redis.url };
  const nodes = await Promise.all(Array.from({ length: NODES }, () => Program.start(SERVER, { env })));
  let clients = [];
  try {
    const ports = await Promise.all(nodes.map((node) => node.ask('port')));
    clients = await connect(ports);
    const leave = async () => {
      await inTurn(clients, (client) => client.ask('exit', ''));
      await sleep(PAUSE);
    };
    for (const measure of [oneRoom, manyRooms]) await measure({ nodes, idle: 0, clients, contender, isWarmUp: true });
    await leave();
    const idle = await idleCost(nodes);
    const large = await oneRoom({ nodes, idle, clients, contender, isWarmUp: false });
    await leave();
    const small = await manyRooms({ nodes, idle, clients, isWarmUp: false });
    return { contender, large, small };
  } finally {
    for (const client of clients) client.close();
    await Promise.all(nodes.map((node) => node.stop()));
  }
}

/** All users but the last ones fill a room at once. The last ones join the full room one after the other. */
async function oneRoom({ clients, contender, isWarmUp, ...cluster }) {
  const { nodes } = cluster;
  const most = clients.slice(0, isWarmUp ? last : -last);
  const late = isWarmUp ? [] : clients.slice(-last);
  const room = isWarmUp ? 'warm-up' : 'lobby';
  const before = await memory(nodes);
  const fill = await cost(cluster, () => inTurn(most, (client) => client.ask('fill', room)));
  const bytes = ((await memory(nodes)) - before) / most.length;
  const join = await cost(cluster, async () => {
    for (const client of late) {
      await client.ask('enter', room);
      await sleep(PAUSE);
    }
  });
  return {
    bytes,
    // The recipe fills the room without announcing anything: its joins would take hours.
    fill: contender === 'presence' ? fill.cpu / most.length : null,
    fillStall: contender === 'presence' ? fill.stall : null,
    join: join.cpu / last,
    stall: join.stall,
    diff: Math.max(...clients.map(({ diff }) => diff)),
  };
}

/** Each user joins rooms until all are full. */
async function manyRooms({ clients, isWarmUp, ...cluster }) {
  const { nodes } = cluster;
  const memberships = isWarmUp ? clients.length : rooms * size;
  const entries = Array.from({ length: memberships }, (_, i) => [
    clients[i % clients.length],
    isWarmUp ? 'warm-up' : `room ${i % rooms}-${Math.floor(i / clients.length)}`,
  ]);
  const before = await memory(nodes);
  const join = await cost(cluster, () =>
    inTurn(isWarmUp ? entries.slice(0, last) : entries, ([client, room]) => client.ask('enter', room)),
  );
  return {
    bytes: ((await memory(nodes)) - before) / memberships,
    join: join.cpu / memberships,
    stall: join.stall,
    diff: Math.max(...clients.map(({ diff }) => diff)),
  };
}

async function connect(ports) {
  const names = Array.from({ length: users }, (_, i) => `user-${i}`);
  const clients = [];
  await inTurn(names, async (name) => {
    const at = Number(name.slice(5));
    clients[at] = await User.connect(ports[at % ports.length], name);
  });
  return clients;
}

async function inTurn(items, run) {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await run(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** @returns the CPU time of all nodes in µs, and the longest stall of one in ms, until all is announced */
async function cost({ nodes, idle }, run) {
  await Promise.all(nodes.map((node) => node.ask('stall')));
  const begun = performance.now();
  const spent = await cpuOf(nodes, async () => {
    await run();
    await sleep(2 * PAUSE);
  });
  const stalls = await Promise.all(nodes.map((node) => node.ask('stall')));
  return { cpu: spent - idle * (performance.now() - begun), stall: Math.max(...stalls) };
}

/** @returns the CPU time in µs that all nodes spend in a ms in which nothing happens */
async function idleCost(nodes) {
  const costs = [];
  for (let i = 0; i < idleTimes; i++) costs.push(await cpuOf(nodes, () => sleep(IDLE)));
  return Math.min(...costs) / IDLE;
}

async function cpuOf(nodes, run) {
  const before = await cpu(nodes);
  await run();
  return (await cpu(nodes)) - before;
}

async function cpu(nodes) {
  const times = await Promise.all(nodes.map((node) => node.ask('cpu')));
  return times.reduce((sum, time) => sum + time, 0);
}

/** The JS heap of all nodes, in bytes. */
async function memory(nodes) {
  const used = await Promise.all(nodes.map((node) => node.ask('memory')));
  return used.reduce((sum, { heapUsed }) => sum + heapUsed, 0);
}

function report(results) {
  const stamped = stamp(['socket.io', '@socket.io/redis-adapter']);
  const row = (contender, { bytes, join, stall, diff }) =>
    [TITLES[contender]].concat([bytes, join, stall, diff].map(shown));
  const { fill, fillStall } = results[0].large;
  const text = [
    `${stampText(stamped)} · ${packagesText(stamped)}. ${NODES} nodes.`,
    `One room of ${number(users)} users: the last ${last} join one after the other.`,
    table([
      ['', 'heap per user, bytes', 'CPU per join, µs', 'longest stall, ms', 'a diff, bytes'],
      ...results.map(({ contender, large }) => row(contender, large)),
    ]),
    `With presence, the others have joined together: ${shown(fill)} µs per join, and the longest stall was ${shown(fillStall)} ms.`,
    `${number(rooms)} rooms of ${number(size)} users: all join together.`,
    table([
      ['', 'heap per user in a room, bytes', 'CPU per join, µs', 'longest stall, ms', 'a diff, bytes'],
      ...results.map(({ contender, small }) => row(contender, small)),
    ]),
  ].join('\n\n');
  writeFiles(out, { 'presence.md': `${text}\n` });
  const page = join(out, '../presence.md');
  if (existsSync(page)) writeFileSync(page, filled(readFileSync(page, 'utf8'), 'presence', text));
  console.log(text);
}

function shown(value) {
  return number(Math.round(value));
}
