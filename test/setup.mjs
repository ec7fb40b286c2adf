/**
 * Runs before `npm test` and installs the requirements that `npm ci` does not: Debian packages and the binary of
 * Node 24. If it may not install (it needs root and apt-get), it names what is missing and which suites are skipped.
 * On a build machine (CI=true) nothing is skipped: a missing program is a failure.
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

/** Whether the npm package with the binary supports this machine: it is for Linux on x64 only. */
function hasNode24Binary() {
  return process.platform === 'linux' && process.arch === 'x64';
}

function installNode24() {
  console.log('Installing Node 24');
  run('npm', ['ci', '--prefix', join(TEST, 'node24')]);
}

/** Runs a command, and prints its output only if it fails. @returns whether it succeeded */
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
      `  To install it, run as root: apt-get install --no-install-recommends ${packagesOf([program]).join(' ')}`,
    ].join('\n'),
  );
}

function reportNode24() {
  console.warn(
    'Node 24 is not installed: its run of test/integration will be skipped\n  To install it: npm ci --prefix test/node24',
  );
}

function packagesOf(programs) {
  return programs.flatMap((program) => PROGRAMS[program].packages);
}

/** @returns the suites that need a program, found by their calls of `describeWith` (support/requires.ts) */
function suitesThatNeed(program) {
  return readdirSync(TEST, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.spec.ts') && !file.includes('node_modules'))
    .filter((file) => readFileSync(join(TEST, file), 'utf8').includes(`describeWith('${program}'`))
    .toSorted();
}
