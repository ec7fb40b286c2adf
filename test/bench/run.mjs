// Compares contenders by the CPU time that their servers spend per operation. See README.md.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { WebSocket } from 'ws';

const CONTENDERS = ['floor', 'ours'];
const ROUNDS = 5;
const CLIENTS = 50;
const TEXT = 'x'.repeat(64);

/** Each operation drives the clients until the server has done `count` of it. */
const OPERATIONS = {
  'echo, 1 under way': { count: 20_000, run: (clients, count) => echo(clients, count, 1) },
  'echo, 16 under way': { count: 50_000, run: (clients, count) => echo(clients, count, 16) },
  'chat, per delivery': { count: 100_000, run: chat },
};

const results = new Map(Object.keys(OPERATIONS).map((name) => [name, new Map(CONTENDERS.map((c) => [c, []]))]));
for (let round = 0; round < ROUNDS; round++) {
  // Another one goes first in every round.
  for (let i = 0; i < CONTENDERS.length; i++) await measure(CONTENDERS[(round + i) % CONTENDERS.length], round);
}
print();

async function measure(contender, round) {
  const child = fork(new URL(`servers/${contender}.mjs`, import.meta.url));
  try {
    const [{ port }] = await once(child, 'message');
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => connect(port)));
    for (const { run } of Object.values(OPERATIONS)) await run(clients, 2_000); // warm-up
    for (const [name, { count, run }] of Object.entries(OPERATIONS)) {
      const before = await cpu(child);
      await run(clients, count);
      results
        .get(name)
        .get(contender)
        .push(((await cpu(child)) - before) / count);
      process.stderr.write(`round ${round + 1}/${ROUNDS} ${contender}: ${name}\n`);
    }
    for (const client of clients) client.terminate();
  } finally {
    child.kill();
    await once(child, 'exit');
  }
}

/** Microseconds of CPU that the server has spent so far. */
async function cpu(child) {
  child.send('cpu');
  const [{ cpu }] = await once(child, 'message');
  return cpu.user + cpu.system;
}

async function connect(port) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, {
    perMessageDeflate: false,
  });
  await once(socket, 'message');
  socket.send('40');
  await once(socket, 'message');
  return socket;
}

/** Every client keeps `underWay` acknowledged events under way. */
function echo(clients, count, underWay) {
  let sent = 0;
  let done = 0;
  const frame = `421["echo","${TEXT}"]`;
  return drive(clients, (client, finish) => {
    const send = () => {
      if (sent < count) {
        sent++;
        client.send(frame);
      }
    };
    for (let i = 0; i < underWay; i++) send();
    return () => {
      send();
      if (++done === count) finish();
    };
  });
}

/** Every client speaks when it has heard everybody's last words; every message goes to all. */
function chat(clients, count) {
  let done = 0;
  let spoken = 0;
  const turns = Math.max(1, Math.floor(count / clients.length / clients.length));
  const total = turns * clients.length * clients.length;
  return drive(clients, (client, finish) => {
    let heard = 0;
    const speak = () => {
      if (spoken++ < turns * clients.length) client.send(`42["say","${TEXT}"]`);
    };
    speak();
    return () => {
      if (++heard % clients.length === 0) speak();
      if (++done === total) finish();
    };
  });
}

/** @param start begins for one client and returns what to do on each message it gets */
function drive(clients, start) {
  return new Promise((resolve) => {
    const finish = () => {
      for (const client of clients) client.removeAllListeners('message');
      resolve();
    };
    for (const client of clients) client.on('message', start(client, finish));
  });
}

function print() {
  console.log(`\nServer CPU, microseconds per operation: median of ${ROUNDS} rounds, Node ${process.version}\n`);
  console.log('| operation | ws floor | ours | ours / floor |\n| --- | --- | --- | --- |');
  for (const [name, byContender] of results) {
    const [floor, ours] = CONTENDERS.map((contender) => byContender.get(contender));
    const ratio = median(ours.map((value, i) => value / floor[i]));
    console.log(`| ${name} | ${median(floor).toFixed(2)} | ${median(ours).toFixed(2)} | ${ratio.toFixed(2)} |`);
  }
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
