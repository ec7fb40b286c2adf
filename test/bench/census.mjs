// Counts the heap objects of one idle connection by constructor, from two heap snapshots. See README.md.
import { CONTENDERS, contenderOf } from './contenders.mjs';
import { censusOfConnections } from './counts.mjs';
import { stamp, stampText } from './machine.mjs';
import { readOptions } from './options.mjs';
import { DOCS, publish } from './report/publish.mjs';
import { number } from './report/svg.mjs';
import { table } from './report/tables.mjs';

const { connections, only, out } = readOptions(process.argv.slice(2), {
  connections: { number: 1000 },
  only: { names: CONTENDERS.map(({ id }) => id) },
  out: { path: DOCS },
});

for (const id of only ?? ['nest-socketio']) await takeCensus(contenderOf(id));

async function takeCensus(contender) {
  const rows = await censusOfConnections(contender.id, connections);
  const sum = (field) => rows.reduce((total, row) => total + row[field], 0);
  const text = [
    `${contender.title}, ${number(connections)} idle connections. ${stampText(stamp())}`,
    table([
      ['object', 'per connection', 'bytes per connection'],
      ...rows.map(({ kind, count, bytes }) => [
        `\`${kind.replaceAll('|', '\\|')}\``,
        count.toFixed(1),
        String(Math.round(bytes)),
      ]),
      ['**all**', sum('count').toFixed(1), String(Math.round(sum('bytes')))],
    ]),
  ].join('\n\n');
  publish(out, 'census', text, contender.id);
}
