/**
 * A primary process with three workers that use the broker of Node's cluster. It prints the result of each step as a
 * line of JSON, and keeps running. `SERIALIZATION` is that of the channels between the processes.
 */
import cluster from 'node:cluster';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setupPrimary } from '../../../dist/cluster/node-cluster/relay.js';

cluster.setupPrimary({
  exec: fileURLToPath(new URL('broker-worker.mjs', import.meta.url)),
  serialization: process.env.SERIALIZATION,
});
const [ann, bob, eve] = Array.from({ length: 3 }, () => cluster.fork());
await Promise.all([ann, bob, eve].map((worker) => once(worker, 'message'))); // each greets

print('without a relay', await untilAll((report) => report.problems.length > 0));
setupPrimary();
setupPrimary();
print('with a relay', await untilAll((report) => report.isOpen));

for (const message of [null, 'text', { 'nest-socketio': 'message' }, { 'nest-socketio': 'other', channel: 'a' }, []]) {
  if (message !== null) ann.send(message);
}
await ask(ann, { publish: [...Array(200).fill(10), 3_000_000, 0, 10] });
await until(bob, (report) => report.received.length === 203);
print('published', [await ask(ann), await until(eve, (report) => report.received.length === 203)]);

bob.process.kill('SIGKILL');
await once(bob, 'exit');
await ask(ann, { publish: [1, 2] });
print('one is dead', [await ask(ann), await until(eve, (report) => report.received.length === 205)]);

eve.send({ disconnect: true }); // it prints its own line

async function untilAll(condition) {
  return Promise.all([ann, bob, eve].map((worker) => until(worker, condition)));
}

async function until(worker, condition) {
  for (;;) {
    const report = await ask(worker);
    if (condition(report)) return report;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Sends a command to a worker, and resolves with its report. */
function ask(worker, command = {}) {
  worker.send({ command });
  return new Promise((resolve) => {
    worker.on('message', function answered(message) {
      if (message?.report === undefined) return;
      worker.off('message', answered);
      resolve(message.report);
    });
  });
}

function print(step, result) {
  console.log(JSON.stringify({ step, result }));
}
