/**
 * Runs the integration tests a second time, on the binary of Node 24 that `test/setup.mjs` installs. It leaves out
 * the specs that a newer Node cannot change much and that take most of the time: see `LEFT_OUT`. The workflow runs
 * those on Node 24 as well.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isExecutable, isRequired, NODE24 } from '../support/programs.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LEFT_OUT = [
  /^package\.spec/, // installs the package with the npm of the Node that is on the PATH
  /^limits\//, // bounds on memory and running work, which this package counts
  /^(admin-page-browser|admin-ui|browser-client|chat|sessions-sample)\.spec/, // Chromium, which speaks to the same servers as the rest
  /^docs-testing\.spec/, // test runners in processes of their own
  /^docs-clients\.spec/, // clients in Chromium and Python
  /^behind-nginx\.spec/, // nginx and HAProxy, which see the same bytes from every Node
  /^broker\/(deploys|nats|nemesis|outages|postgres)\.spec/, // faults of brokers, which the same code handles
  /^(flask|cluster-(mongo|outage|postgres))\.spec/, // brokers, which cluster.spec and cluster-recovery.spec also use
];
const VITEST = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));

if (isExecutable(NODE24)) {
  const specs = readdirSync(`${ROOT}test/integration`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.spec.ts') && !LEFT_OUT.some((pattern) => pattern.test(file)))
    .map((file) => `test/integration/${file}`);
  const { status } = spawnSync(NODE24, [VITEST, 'run', ...specs], { cwd: ROOT, stdio: 'inherit' });
  process.exitCode = status ?? 1;
} else {
  console.warn('test/integration on Node 24 is skipped: it is not installed (npm ci --prefix test/node24 installs it)');
  if (isRequired()) process.exitCode = 1;
}
