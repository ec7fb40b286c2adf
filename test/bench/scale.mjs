// Measures what a connection, a delivery and a join cost with many connections and many rooms. See README.md.
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { CONTENDERS, contenderOf } from './contenders.mjs';
import { stamp, stampText } from './machine.mjs';
import { startBench, startLoad, stopBench, warmUp } from './matrix.mjs';
import { readOptions } from './options.mjs';
import { DOCS, publish, writeFiles } from './report/publish.mjs';
import { linePlot, number } from './report/svg.mjs';
import { table } from './report/tables.mjs';

const RECEIVERS = 100;
const MESSAGES = 300;
const JOINS = 18_000;
const LEAVING = { count: 20, rooms: 1000 };
const SPARE = 150; // file descriptors for everything but clients

const LABELS = {
  connections: 'connections',
  rooms: 'rooms',
  connect: 'CPU to connect, µs',
  heap: 'JS heap, bytes',
  rss: 'RSS, bytes',
  delivery: 'a delivery, µs',
  joinAndLeave: 'join and leave, µs',
  join: 'join of a new room, µs',
  leave: 'leaving one room, µs',
};

const { only, connections, rooms, out } = readOptions(process.argv.slice(2), {
  only: { names: CONTENDERS.filter(({ lacks, id }) => !lacks.includes('rooms') && id !== 'ws').map(({ id }) => id) },
  connections: { number: 20_000 },
  rooms: { number: 100_000 },
  out: { path: DOCS },
});

const allowed = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' })) || Infinity; // or "unlimited"
const most = Math.min(connections, allowed - SPARE);
const steps = (first, last, parts) => [...new Set(parts.map((part) => Math.max(first, Math.round(last * part))))];

for (const id of only ?? ['nest-socketio']) await scale(contenderOf(id));

async function scale(contender) {
  const bench = await startBench(contender);
  const loads = [bench.load, await startLoad()]; // two processes have twice as many file descriptors
  try {
    await warmUp(bench);
    await emptied(bench);
    const byConnections = await growConnections({ ...bench, loads });
    const byRooms = await growRooms({ ...bench, loads });
    publishScale(contender, byConnections, byRooms);
  } finally {
    await loads[1].stop();
    await stopBench(bench);
  }
}

async function growConnections(bench) {
  const empty = await bench.server.ask('memory');
  const rows = [];
  let open = 0;
  // Starts with more clients than receivers, so that the client that joins and leaves is not a receiver.
  for (const count of steps(2 * RECEIVERS, most, [0.05, 0.1, 0.25, 0.5, 0.75, 1])) {
    const connect = await cpuOf(bench, () => connectTo(bench, count - open));
    const memory = await bench.server.ask('memory');
    if (open === 0) await bench.server.ask('gather', { count: RECEIVERS });
    const row = {
      connections: count,
      connect: connect / (count - open),
      heap: (memory.heapUsed - empty.heapUsed) / count,
      rss: (memory.rss - empty.rss) / count,
      ...(await costs(bench)),
    };
    open = count;
    rows.push(row);
    console.error(`${count} connections: ${rowText(row)}`);
  }
  return rows;
}

async function growRooms(bench) {
  const rows = [];
  let made = 0;
  for (const count of steps(1, rooms, [0.001, 0.01, 0.1, 0.5, 1])) {
    const join = await bench.server.ask('fill', { from: made, to: count });
    made = count;
    const row = { rooms: count, join, ...(await costs(bench)), leave: await bench.server.ask('endInRooms', LEAVING) };
    rows.push(row);
    console.error(`${count} rooms: ${rowText(row)}`);
  }
  return rows;
}

/** Measures the costs that must not grow. */
async function costs({ server, loads }) {
  for (const load of loads) await load.ask('tally');
  const broadcast = await cpuOf({ server }, () => server.ask('broadcast', { count: MESSAGES, perTurn: 1, rooms: 1 }));
  await arrived(loads, MESSAGES * RECEIVERS);
  return {
    delivery: broadcast / MESSAGES / RECEIVERS,
    joinAndLeave: await server.ask('joinAndLeave', { times: JOINS }),
  };
}

/** Waits for the clients of the warm-up to be gone: one that is still leaving would count as a receiver. */
async function emptied({ server }) {
  for (let i = 0; i < 100; i++) {
    if ((await server.ask('clients')) === 0) return;
    await sleep(20);
  }
  throw new Error('the clients of the warm-up must be gone after 2 s, but the server still has some');
}

async function arrived(loads, due) {
  let got = 0;
  for (let i = 0; i < 100 && got !== due; i++) {
    const tallies = await Promise.all(loads.map((load) => load.ask('tallied')));
    got = tallies.reduce((sum, tally) => sum + tally, 0);
    await sleep(20);
  }
  if (got !== due) throw new Error(`${due} deliveries must arrive, got ${got}`);
}

async function connectTo({ server, loads, ports, contender }, count) {
  const half = Math.floor(count / loads.length);
  const shares = [count - half, half];
  await Promise.all(
    loads.map((load, i) => load.ask('open', { ports, protocol: contender.protocol, count: shares[i], atOnce: 32 })),
  );
  return server.ask('clients');
}

async function cpuOf({ server }, run) {
  const before = await server.ask('cpu');
  await run();
  return (await server.ask('cpu')) - before;
}

function publishScale(contender, byConnections, byRooms) {
  const stamped = stampText(stamp());
  const text = [
    `${contender.title}. ${stamped}`,
    `Up to ${number(most)} connections: the cost of a connection, of each delivery of a broadcast to a room of ${RECEIVERS}, and of a client joining and leaving that room.`,
    tableOf(byConnections),
    `${number(most)} connections and up to ${number(rooms)} more rooms of one member each: the same, the cost of joining each room, and the cost per room when a client in ${number(LEAVING.rooms)} rooms disconnects.`,
    tableOf(byRooms),
  ].join('\n\n');
  const plot = (title, x, rows, shown, yLabel) =>
    linePlot({
      title,
      subtitle: `${contender.title}; flat is better`,
      xLabel: x,
      yLabel,
      xTicks: [0, 0.25, 0.5, 0.75, 1].map((part) => ({
        at: part * rows.at(-1)[x],
        label: number(part * rows.at(-1)[x]),
      })),
      series: shown.map((field) => ({
        label: LABELS[field],
        points: rows.map((row) => [row[x], Math.max(0, row[field])]),
      })),
      notes: [stamped],
    });
  writeFiles(out, {
    [`scale-${contender.id}.json`]: `${JSON.stringify({ ...stamp(), byConnections, byRooms }, null, 1)}\n`,
    [`scale-connections-${contender.id}.svg`]: plot(
      'Cost by number of connections',
      'connections',
      byConnections,
      ['delivery', 'joinAndLeave'],
      'µs of CPU',
    ),
    [`scale-memory-${contender.id}.svg`]: plot(
      'Memory by number of connections',
      'connections',
      byConnections,
      ['heap', 'rss'],
      'bytes per connection',
    ),
    [`scale-rooms-${contender.id}.svg`]: plot(
      'Cost by number of rooms',
      'rooms',
      byRooms,
      ['delivery', 'joinAndLeave', 'join', 'leave'],
      'µs of CPU',
    ),
  });
  publish(out, 'scale', text, contender.id);
}

function tableOf(rows) {
  const fields = Object.keys(rows[0]);
  return table([fields.map((field) => LABELS[field]), ...rows.map((row) => fields.map((field) => number(row[field])))]);
}

function rowText(row) {
  return Object.entries(row)
    .map(([field, value]) => `${field} ${number(value)}`)
    .join(', ');
}
