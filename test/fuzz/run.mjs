/** `npm run fuzz -- --minutes N`: fuzzes all targets for N minutes together, and prints how many inputs each has had. */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error(`--minutes must be a positive number, got ${values.minutes}`);

const vitest = spawn('npx', ['vitest', 'run', 'test/fuzz', '--disable-console-intercept'], {
  stdio: 'inherit',
  env: { ...process.env, FUZZ_SECONDS: String(minutes * 60) },
});
vitest.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
