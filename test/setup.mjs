/**
 * Runs before `npm test` and brings what the suites need beyond `npm ci`: programs of Debian and the binary of
 * Node 24. The rule: install where that is allowed (root, with apt-get), and where it is not, say by name what
 * will be skipped. A build machine (CI=true) skips nothing: there, what is missing is a failure.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isExecutable, isPresent, isRequired, NODE24, PROGRAMS } from './support/programs.mjs';

const TEST = fileURLToPath(new URL('.', import.meta.url));

const missing = () => Object.keys(PROGRAMS).filter((program) => !isPresent(program));
const lacksNode24 = () => hasNode24Binary() && !isExecutable(NODE24);

if (missing().length > 0 && canInstall()) installPackages(missing());
if (lacksNode24()) installNode24();
report();

function canInstall() {
  return process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0;
}

function installPackages(programs) {
  const packages = packagesOf(programs);
  console.log(`Installing ${packages.join(', ')}`);
  if (run('apt-get', ['update'])) run('apt-get', ['install', '-y', '--no-install-recommends', ...packages]);
}

/** Its npm package is of Linux on x64; elsewhere that run is skipped. */
function hasNode24Binary() {
  return process.platform === 'linux' && process.arch === 'x64';
}

function installNode24() {
  console.log('Installing Node 24');
  run('npm', ['ci', '--prefix', join(TEST, 'node24')]);
}

/** Runs a command whose output is of interest only when it fails. */
function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (status === 0) return true;
  console.error([`${command} ${args.join(' ')} failed`, stdout, stderr, error?.message].filter(Boolean).join('\n'));
  return false;
}

function report() {
  const programs = missing();
  for (const program of programs) reportProgram(program);
  if (lacksNode24()) reportNode24();
  if (programs.length === 0 && !lacksNode24()) console.log('All programs that the suites need are installed');
  else if (isRequired()) process.exitCode = 1;
}

function reportProgram(program) {
  console.warn(
    [
      `${program} is not installed: ${isRequired() ? 'these suites need it' : 'these suites will be skipped'}`,
      ...suitesThatNeed(program).map((suite) => `  test/${suite}`),
      `  To have it, run as root: apt-get install --no-install-recommends ${packagesOf([program]).join(' ')}`,
    ].join('\n'),
  );
}

function reportNode24() {
  console.warn(
    'Node 24 is not installed: its run of test/integration will be skipped\n  To have it: npm ci --prefix test/node24',
  );
}

function packagesOf(programs) {
  return programs.flatMap((program) => PROGRAMS[program].packages);
}

/** Suites name what they need: see `describeWith` in support/requires.ts. */
function suitesThatNeed(program) {
  return readdirSync(TEST, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.spec.ts') && !file.includes('node_modules'))
    .filter((file) => readFileSync(join(TEST, file), 'utf8').includes(`describeWith('${program}'`))
    .toSorted();
}
