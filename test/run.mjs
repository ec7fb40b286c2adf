/**
 * Runs scripts of `package.json` in stages: `node test/run.mjs lint,build test`. The scripts of a stage run side by
 * side, and the next stage starts when all of them have succeeded. A script that has its stage to itself prints as it
 * goes; the output of the others appears in one piece when they end. The first failure stops whatever still runs and
 * fails the whole run. The last line adds up the tests of all runs of vitest: `5899 passed, 0 failed`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';

const stages = process.argv.slice(2).map((stage) => stage.split(','));
const env = { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}) };

/** The scripts that run now, with the process group of each. */
const running = new Map();
const durations = [];
const tests = { passed: 0, failed: 0, skipped: 0 };

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    process.exitCode = 1;
    stopAll();
  });
}

for (const scripts of stages) {
  await Promise.all(scripts.map((script) => run(script, scripts.length === 1)));
  if (process.exitCode) break;
}
report();

/** Runs one script. If it fails, stops the others. */
async function run(script, isAlone) {
  const started = performance.now();
  const child = spawn('npm', ['run', '--silent', script], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a process group of its own, so that stopping it also stops what it started
  });
  running.set(script, child.pid);
  let output = '';
  if (isAlone) console.log(title(script));
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
      if (isAlone) process.stdout.write(chunk);
    });
  }
  const [code, signal] = await once(child, 'close');
  const isStopped = !running.delete(script);
  const seconds = `${((performance.now() - started) / 1000).toFixed(1)} s`;
  const outcome = isStopped ? 'stopped after' : code === 0 ? 'took' : `failed (${code ?? signal}) after`;
  if (!isAlone) process.stdout.write(`${title(script)}\n${output}`);
  durations.push(`${script} ${outcome} ${seconds}`);
  count(output);
  if (code !== 0 && !isStopped) {
    process.exitCode = 1;
    stopAll();
  }
}

/** SIGTERM whatever the reason, since a shell that waits for its command leaves SIGINT to it. */
function stopAll() {
  for (const [script, group] of running) {
    running.delete(script);
    process.kill(-group, 'SIGTERM');
  }
}

/** Adds up the line `Tests  1 failed | 3 passed (4)` of each run of vitest. */
function count(output) {
  for (const [line] of stripVTControlCharacters(output).matchAll(/^ *Tests  .*$/gm)) {
    for (const [, number, kind] of line.matchAll(/(\d+) (passed|failed|skipped)/g)) tests[kind] += Number(number);
  }
}

function report() {
  console.log(`\n${durations.join('\n')}`);
  const { passed, failed, skipped } = tests;
  console.log(`${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`);
}

function title(script) {
  return `\n> ${script}`;
}
