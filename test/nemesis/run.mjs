/** `npm run nemesis -- --minutes N --seed S`: torments two clusters for N minutes, and prints what was lost and why. */
import { spawn } from 'node:child_process';
import { readOptions } from '../bench/options.mjs';

const { minutes, seed } = readOptions(process.argv.slice(2), {
  minutes: { number: 5 },
  seed: { number: Math.ceil(Math.random() * 1e6) },
});

const vitest = spawn(
  'npx',
  ['vitest', 'run', 'test/integration/broker/nemesis.spec.ts', '--disable-console-intercept'],
  {
    stdio: 'inherit',
    env: { ...process.env, NEMESIS_MINUTES: String(minutes), NEMESIS_SEED: String(seed) },
  },
);
vitest.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
