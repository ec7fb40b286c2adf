/**
 * The kinds of bad clients. Each has the number of clients that act at the same time, the longest pause between two
 * acts in ms, and the act. An act ends within 30 s, and ends its connections.
 */
import { LARGE, NOISE, PASSWORD, ROOMS } from '../traffic.mjs';

const STORM = 500; // clients
const PLACEHOLDER = '{"_placeholder":true,"num":0}';

export const KINDS = [
  { name: 'vanish without closing', count: 20, pause: 2_000, act: vanish },
  { name: 'stop reading', count: 8, pause: 2_000, act: stopReading },
  { name: 'read slowly', count: 8, pause: 1_000, act: readSlowly },
  { name: 'send garbage', count: 6, pause: 1_000, act: sendGarbage },
  { name: 'send too much', count: 2, pause: 2_000, act: sendTooMuch },
  { name: 'leave packets incomplete', count: 6, pause: 1_000, act: leaveIncomplete },
  { name: 'never join', count: 10, pause: 1_000, act: neverJoin },
  { name: 'drip an HTTP head', count: 4, pause: 1_000, act: dripHead },
  { name: 'join and leave namespaces', count: 4, pause: 1_000, act: changeNamespaces },
  { name: 'flood with events', count: 3, pause: 3_000, act: flood },
  { name: 'ask for much, not read', count: 3, pause: 3_000, act: hoard },
  { name: 'guess passwords', count: 3, pause: 1_000, act: guess },
  { name: 'resume with old offsets', count: 6, pause: 1_000, act: resumeTwice },
  { name: 'reconnect in a storm', count: 1, pause: 20_000, act: storm },
];

/** Joins rooms, speaks and vanishes. If data is unread, which is so half of the time, TCP resets the connection. */
async function vanish(scene, random) {
  const client = await scene.join(random.pick(ROOMS), NOISE);
  client.emit('say', NOISE, 'vanisher', 1);
  await scene.population.sleep(random.int(0, 2_000));
  if (random.chance(0.5)) client.ws.pause();
  client.emit('say', NOISE, 'vanisher', 2);
  client.vanish();
}

async function stopReading(scene, random) {
  const client = await scene.join(random.pick(ROOMS), NOISE);
  client.emit('burst', 0, 1_000);
  client.ws.pause();
  await scene.watch(client, random.int(5_000, 25_000));
}

/** Reads for 20 ms of every 220. */
async function readSlowly(scene, random) {
  const client = await scene.join(random.pick(ROOMS), NOISE);
  const until = performance.now() + random.int(3_000, 20_000);
  while (performance.now() < until && !scene.population.isStopped) {
    client.emit('large');
    client.ws.pause();
    await scene.population.sleep(200);
    client.ws.resume();
    await scene.population.sleep(20);
  }
  client.vanish();
}

async function sendGarbage(scene, random) {
  const client = await scene.join(NOISE);
  const bytes = random.bytes(random.int(1, 300));
  const kind = random.int(0, 4);
  if (kind === 0) client.send(bytes);
  else if (kind === 1) client.send(bytes.toString('latin1'));
  else if (kind === 2) client.send(`42["say",${bytes.toString('latin1')}`);
  else if (kind === 3) client.send(`4${random.int(0, 9)}${'[{"a":'.repeat(200)}`);
  else client.tcp.write(bytes); // not a frame
  await scene.watch(client, 5_000);
}

/** Sends a message above `maxHttpBufferSize`, or a frame that announces one and never comes. */
async function sendTooMuch(scene, random) {
  const client = await scene.join(NOISE);
  if (random.chance(0.5)) client.emit('ask', LARGE.repeat(11));
  else client.tcp.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 0x0f, 0, 0, 1, 2, 3, 4, 0x34]));
  await scene.watch(client, 5_000);
}

/** Announces attachments, and sends none, half of them, or another packet in between. */
async function leaveIncomplete(scene, random) {
  const client = await scene.join(NOISE);
  client.send(`452-["ask",${PLACEHOLDER},${PLACEHOLDER.replace('0}', '1}')}]`);
  if (random.chance(0.5)) client.send(random.bytes(1_000));
  if (random.chance(0.5)) client.emit('ask', 1);
  await scene.watch(client, random.int(1_000, 15_000));
}

async function neverJoin(scene, random) {
  const client = await scene.open();
  await scene.watch(client, random.int(1_000, 20_000));
}

async function dripHead(scene, random) {
  const socket = scene.tcp();
  const head = 'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n';
  for (const char of head.slice(0, random.int(10, head.length))) {
    if (scene.population.isStopped || socket.destroyed) break;
    socket.write(char);
    await scene.population.sleep(100);
  }
  socket.destroy();
}

async function changeNamespaces(scene, random) {
  const client = await scene.join();
  for (let round = 0; round < 20 && !scene.population.isStopped; round++) {
    const names = Array.from({ length: 20 }, () => `/hall/${random.int(1, 500)}`);
    for (const name of names) client.send(`40${name},`);
    for (const name of names) client.send(`42${name},["knock"]`);
    for (const name of names) client.send(`41${name},`);
    await scene.population.sleep(50);
  }
  client.vanish();
}

/** Posts thousands of events at once, some of them in the rooms of healthy clients. */
async function flood(scene, random) {
  const client = await scene.join(NOISE);
  for (let i = 0; i < 3_000; i++) client.emit('say', NOISE, 'flood', i);
  for (let i = 0; i < 100; i++) client.emit('say', random.pick(ROOMS), 'flood', 'not a number');
  for (let i = 0; i < 2_000; i++) client.emit(random.pick(['ask', 'unknown', 'leave']), i);
  await scene.population.sleep(500);
  client.vanish();
}

/** Asks for 20 MB, and reads nothing. */
async function hoard(scene, random) {
  const client = await scene.join(NOISE);
  client.ws.pause();
  for (let i = 0; i < 200; i++) client.emitWithAck(['large'], () => {});
  await scene.watch(client, random.int(2_000, 15_000));
}

/** Tries fifty passwords on one connection; the last one is right. */
async function guess(scene, random) {
  const client = await scene.open();
  for (let i = 0; i < 50 && !scene.population.isStopped; i++) {
    const auth = { password: i === 49 ? PASSWORD : `guess ${random.int(0, 1e6)}` };
    await client.join('/door', auth).catch(() => {});
  }
  client.vanish();
}

/** Loses the connection, and resumes its session three times: twice with an old offset, then with a false one. */
async function resumeTwice(scene, random) {
  const lost = await scene.join(random.pick(ROOMS), NOISE);
  lost.emit('say', NOISE, 'resumer', 1);
  await scene.population.sleep(random.int(500, 3_000));
  const { pid } = lost.session;
  const offset = lost.offset;
  lost.vanish();
  for (let i = 0; i < 3 && !scene.population.isStopped; i++) {
    const client = await scene.open();
    await client.join('/', { pid, offset: i === 2 ? 'unknown' : offset });
    if (random.chance(0.5)) client.ws.pause();
    await scene.population.sleep(random.int(0, 1_000));
    client.vanish();
  }
}

/** Hundreds of clients connect and join at once, vanish at once, and return once more. */
async function storm(scene, random) {
  const count = Math.ceil(STORM * scene.share);
  for (let wave = 0; wave < 2 && !scene.population.isStopped; wave++) {
    const clients = await Promise.allSettled(Array.from({ length: count }, () => scene.join(random.pick(ROOMS))));
    for (const { value } of clients) value?.vanish();
  }
}
