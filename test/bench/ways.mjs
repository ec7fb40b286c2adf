// Compares each way of sending, and of counting what is sent, with the plain one: text to all clients in `/`. See README.md.
import { compare } from './compare.mjs';
import { contender, PACKAGES } from './contenders.mjs';
import { stampText } from './machine.mjs';
import { readOptions } from './options.mjs';
import { startRedis } from './redis.mjs';
import { DOCS, publish } from './report/publish.mjs';
import { cpuRows, table } from './report/tables.mjs';
import { scenarioOf } from './scenarios.mjs';

const PLAIN = 'text';
/** More clients and messages than in `npm run bench`, because the differences are smaller here. */
const scenarios = [
  sized('echo1', {}, { each: 1000 }),
  sized('echo16', {}, { each: 2000 }),
  sized('fan64', { id: 'fan1000', title: 'to 1,000 clients, 1 message a turn' }, { clients: 1000, count: 200 }),
  sized('fan64burst', { id: 'fan1000burst', title: 'to 1,000 clients, 10 messages a turn' }, { clients: 1000 }),
];
const ANSWERING = ['echo1', 'echo16'];

const WAYS = [
  { id: PLAIN, title: 'plain' },
  { id: 'binary', title: 'bytes', protocol: 'socket.io, binary', lacks: ANSWERING },
  { id: 'rooms', title: 'three rooms', lacks: ANSWERING },
  { id: 'except', title: '`except`', lacks: ANSWERING },
  { id: 'volatile', title: '`volatile`', lacks: ANSWERING },
  { id: 'latest', title: '`latest`', lacks: ANSWERING },
  { id: 'namespace', title: 'other namespace', protocol: 'socket.io, another namespace' },
  { id: 'redis', title: 'Redis adapter' },
  { id: 'drop-in', title: 'drop-in gateway' },
  { id: 'metrics', title: 'metrics' },
];

const { rounds, minutes, only, quick, out } = readOptions(process.argv.slice(2), {
  rounds: { number: 5 },
  minutes: { number: 10 },
  only: { names: WAYS.map(({ id }) => id) },
  out: { path: DOCS },
  quick: { flag: false },
});
const wanted = WAYS.filter(({ id }) => only === null || only.includes(id));
const needsRedis = wanted.some(({ id }) => id === 'redis');
const redis = needsRedis ? await startRedis() : null;
if (needsRedis && redis === null) {
  console.error('skipping "Redis adapter": redis-server must be installed, and could not be started');
}

const contenders = wanted
  .filter(({ id }) => id !== 'redis' || redis !== null)
  .map((way) =>
    contender({
      ...way,
      file: new URL('servers/nest-socketio.mjs', import.meta.url),
      env: { WAY: way.id, ...(redis === null ? {} : { REDIS: redis.path }) },
    }),
  );

try {
  const results = await compare({ contenders, scenarios, base: PLAIN, packages: PACKAGES, rounds, minutes, quick });
  const text = [`Medians of ${results.rounds} rounds. ${stampText(results)}`, table(cpuRows(results))].join('\n\n');
  publish(out, 'ways', text);
} finally {
  await redis?.stop();
}

/** A scenario of `npm run bench` with other sizes and, if given, another name. */
function sized(id, name, sizes) {
  const scenario = scenarioOf(id);
  return { ...scenario, ...name, full: { ...scenario.full, ...sizes } };
}
