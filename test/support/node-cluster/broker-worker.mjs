/** A worker with a broker. The primary process controls it through messages, see `broker-primary.mjs`. */
import cluster from 'node:cluster';
import { writeSync } from 'node:fs';
import { nodeClusterBroker } from '../../../dist/cluster/node-cluster/node-cluster-broker.js';
import { systemClock } from '../../../dist/engine/clock.js';

const report = { isOpen: false, problems: [], received: [], gaps: 0 };
const broker = await nodeClusterBroker().create({ clock: systemClock, scope: '' });
const opened = broker.open({
  received: (bytes) => report.received.push(bytes.length),
  connection: (problem) => report.problems.push(problem),
  gap: () => report.gaps++,
});
void opened.then(() => (report.isOpen = true));

process.on('message', async ({ command, disconnect }) => {
  if (disconnect) leave();
  if (command === undefined) return;
  await Promise.all((command.publish ?? []).map((size) => broker.publish(Buffer.alloc(size, 'x'))));
  process.send({ report });
});
process.on('exit', () => writeSync(1, `${JSON.stringify({ step: 'exit' })}\n`));

function leave() {
  cluster.worker.disconnect();
  cluster.worker.once('disconnect', async () => {
    const error = await broker.publish(Buffer.from('late')).catch(({ message }) => message);
    await broker.close();
    writeSync(1, `${JSON.stringify({ step: 'disconnected', result: { problem: report.problems.at(-1), error } })}\n`);
  });
}
