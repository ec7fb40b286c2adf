/** The examples of docs/testing.md compile, and pass under the test runners they are written for. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TestClient } from 'nest-socketio/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { TSC } from '../support/compiler.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = `${ROOT}/build/docs-testing`;
const DEADLINE = 120_000; // test runners start slowly on a busy machine
const page = readFileSync(`${ROOT}/docs/testing.md`, 'utf8');

/** The code blocks that begin with a comment naming their file. */
const examples = new Map(
  [...page.matchAll(/```ts\n\/\/ (\S+)\n(.*?)```/gs)].map(([, name, code]) => [name as string, code as string]),
);

function run(...args: string[]): { status: number | null; output: string } {
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1' };
  delete env['NODE_TEST_CONTEXT'];
  for (const name of Object.keys(env)) if (name.startsWith('VITEST')) delete env[name];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: DEADLINE,
    env,
  });
  return { status, output: stdout + stderr };
}

describe('docs/testing.md', () => {
  beforeAll(() => {
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER, { recursive: true });
    for (const [name, code] of examples) writeFileSync(`${FOLDER}/${name}`, code);
    const compilerOptions = { noEmit: false, rootDir: '.', outDir: '.', paths: {} };
    writeFileSync(`${FOLDER}/vitest.config.mjs`, "export default { test: { include: ['*.spec.js'] } };");
    writeFileSync(
      `${FOLDER}/tsconfig.json`,
      JSON.stringify({ extends: '../../tsconfig.json', compilerOptions, include: ['.'], exclude: [] }),
    );
    const { status, output } = run(TSC, '-p', FOLDER);
    if (status !== 0) throw new Error(output);
  }, DEADLINE);

  it('has an example for each test runner, and needs no code of this repository', () => {
    expect([...examples.keys()]).toEqual(['chat.gateway.ts', 'chat.test.ts', 'chat.spec.ts', 'server.test.ts']);
  });

  it('has examples that pass under node:test', { timeout: DEADLINE }, () => {
    const { status, output } = run(
      '--test',
      '--test-reporter=tap',
      `${FOLDER}/chat.test.js`,
      `${FOLDER}/server.test.js`,
    );
    expect(output).toContain('# pass 5\n# fail 0');
    expect(status).toBe(0);
  });

  it('has examples that pass under vitest', { timeout: DEADLINE }, () => {
    const { status, output } = run('node_modules/vitest/vitest.mjs', 'run', '--root', FOLDER);
    expect(output).toMatch(/Tests\s+3 passed \(3\)/);
    expect(status).toBe(0);
  });

  it('lists every member and no other', () => {
    const cells = page.slice(page.indexOf('| Member'), page.indexOf('| Option of')).match(/^\| .*?(?= \|)/gm) ?? [];
    const listed = cells.join().match(/(?<=`(?:client\.|TestClient\.)?)[a-z]\w*(?=[(`])/gi) ?? [];
    const members = Object.getOwnPropertyNames(TestClient.prototype).filter((name) => name !== 'constructor');
    expect(listed.toSorted()).toEqual([...members, 'connect'].toSorted());
  });

  it('lists every option and no other', () => {
    const cells = page.slice(page.indexOf('| Option of')).match(/^\| `.*?(?= \|)/gm) ?? [];
    const source = readFileSync(`${ROOT}/lib/testing/test-client-options.ts`, 'utf8');
    const options = source.slice(0, source.indexOf('\n}\n')).match(/(?<=readonly )\w+(?=\?:)/g) ?? [];
    expect((cells.join().match(/(?<=`)\w+(?=`)/g) ?? []).toSorted()).toEqual(options.toSorted());
  });
});
