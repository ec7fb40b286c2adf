// Runs a soak, and fails if a check does. See README.md.
import { readOptions } from '../bench/options.mjs';
import { publish, writeFiles } from '../bench/report/publish.mjs';
import { judge } from './checks.mjs';
import { soakPlots, soakText } from './report.mjs';
import { soak } from './soak.mjs';

const { minutes, seed, clients, share, out } = readOptions(process.argv.slice(2), {
  minutes: { number: 10 },
  seed: { number: Math.ceil(Math.random() * 1e6) },
  clients: { number: 150 },
  share: { number: 1 },
  out: { path: 'build/soak' },
});

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort()); // the second one ends the process

console.error(`${String(minutes)} minutes with seed ${String(seed)}; Ctrl+C ends it early, with a report`);
const { signal } = interrupted;
const results = await soak({
  minutes,
  seed,
  clients,
  share,
  signal,
  onSample: process.stderr.isTTY ? show : undefined,
});
const checks = judge(results);
writeFiles(out, {
  'soak.json': `${JSON.stringify({ ...results, checks })}\n`,
  ...soakPlots(results),
});
publish(out, 'soak', soakText(results, checks));
if (checks.some(({ passed }) => !passed)) process.exitCode = 1;

function show({ at, clients, rss, heapUsed, latency }) {
  const p99 = latency.p99 === null ? '–' : `${Math.round(latency.p99)} ms`;
  console.error(`${Math.round(at)} s: ${clients} clients, heap ${mb(heapUsed)}, RSS ${mb(rss)}, p99 ${p99}`);
}

function mb(bytes) {
  return `${Math.round(bytes / 1e6)} MB`;
}
