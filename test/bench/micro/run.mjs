// Micro-benchmarks of codec, dispatch and bulletins, compared with socket.io-parser, Nest and the Redis adapter. See ../README.md.
import { Bench } from 'tinybench';
import { stamp, stampText } from '../machine.mjs';
import { readOptions } from '../options.mjs';
import { DOCS, publish } from '../report/publish.mjs';
import { number } from '../report/svg.mjs';
import { table } from '../report/tables.mjs';
import { bulletin } from './bulletin.mjs';
import { codec } from './codec.mjs';
import { dispatch } from './dispatch.mjs';

const { time, out } = readOptions(process.argv.slice(2), {
  /** ms per task */
  time: { number: 500 },
  out: { path: DOCS },
});

const rows = [];
for (const { name, ours, theirs } of [...codec, ...dispatch, ...bulletin]) {
  const bench = new Bench({ time, warmupTime: time / 4 });
  bench.add('ours', ours).add('theirs', theirs);
  await bench.run();
  const [mine, other] = bench.tasks.map(({ result }) => result.latency.p50 * 1e6); // ns
  rows.push([name, number(Math.round(mine)), number(Math.round(other)), (mine / other).toFixed(2)]);
  console.error(rows.at(-1).join('  '));
}

const text = [
  `Nanoseconds each, median. ${stampText(stamp(['socket.io-parser', '@nestjs/websockets', '@socket.io/redis-adapter']))}`,
  table([['operation', 'nest-socketio', 'socket.io-parser, Nest, or the Redis adapter', 'ratio'], ...rows]),
].join('\n\n');
publish(out, 'micro', text);
process.exit(); // the applications have no resources to close
