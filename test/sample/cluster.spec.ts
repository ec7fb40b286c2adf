/// <reference lib="dom" />
/** The cluster sample as a newcomer meets it: compiled, started with Redis and without, and used on both nodes. */
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import type { Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { rehearseCommand } from '../../lib/cli/rehearse/rehearse.command.js';
import { launch, mark } from '../support/browser.js';
import { requireBuild } from '../support/build.js';
import { TSC } from '../support/compiler.js';
import { cleanUp } from '../support/engine-clean-up.js';
import { ask, next } from '../support/events.js';
import { runNode } from '../support/examples.js';
import { freePort, type Program, start } from '../support/process.js';
import { type Redis, startRedis } from '../support/redis.js';
import { describeWith } from '../support/requires.js';
import { connectStock } from '../support/stock-client.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** ms. Restarting a node is most of it. */
const REHEARSAL_TIMEOUT = 60_000;

interface Sample {
  readonly program: Program;
  readonly urls: readonly string[];
  /** The line about the broker. */
  readonly broker: string;
  /** The process ids of the nodes. */
  readonly nodes: readonly string[];
}

/** Starts the sample. Resolves when both nodes and the worker have started. */
async function startSample(redisPort: number): Promise<Sample> {
  const ports = [await freePort(), await freePort()];
  const everything =
    /The broker is (.*)(?=[^]*Node 1 is open.* (\d+)\))(?=[^]*Node 2 is open.* (\d+)\))(?=[^]*The worker sends)/;
  const program = start(process.execPath, ['build/sample-03-cluster/main.js'], everything, {
    cwd: ROOT,
    env: { PORTS: ports.join(','), REDIS_URL: `redis://127.0.0.1:${redisPort}` },
  });
  const [, broker = '', ...nodes] = await program.printed;
  return { program, urls: ports.map((port) => `http://127.0.0.1:${port}`), broker, nodes };
}

/** Restarts a node under load: its clients change to the other one. */
async function rehearse({ urls: [one, two], nodes: [node] }: Sample): Promise<[code: number, output: string]> {
  const restart = `kill ${node} && while kill -0 ${node} 2>/dev/null; do sleep 0.1; done`;
  let output = '';
  const out = { write: (text: string) => (output += text) };
  const board = ['--namespace', '/board', '--send', '["say", "$message"]'];
  const args = ['--url', one ?? '', '--url', two ?? '', ...board, '--clients', '10', '--seconds', '3', '--rate', '5'];
  return [await rehearseCommand.run({ args: [...args, '--restart', restart], cwd: ROOT, out, err: out }), output];
}

/** A client of a node, and its first event. */
async function enter(url: string): Promise<[client: Socket, welcome: unknown]> {
  const client = connectStock(`${url}/board`);
  const [welcome] = await next(client, 'welcome');
  return [client, welcome];
}

/** Checks that clients of both nodes hear each other and the worker. */
async function talk({ urls }: Sample, broker: string): Promise<void> {
  const [[ann, toAnn], [bob, toBob]] = await Promise.all([enter(urls[0] as string), enter(urls[1] as string)]);
  expect([toAnn, toBob]).toEqual([
    { node: '1', broker },
    { node: '2', broker },
  ]);
  const said = [next(ann, 'said'), next(bob, 'said')];
  expect(await ask(ann, 'say', 'hello')).toEqual([]);
  for (const [message] of await Promise.all(said)) expect(message).toEqual({ text: 'hello', node: '1' });
  expect(await ask(bob, 'say', ' ')).toMatchObject([
    { error: { message: 'A message must have 1 to 200 characters.' } },
  ]);
  await Promise.all([ann, bob].map((client) => counted(client, 2)));
}

/** Resolves when the worker has counted this number of clients on both nodes. */
function counted(client: Socket, expected: number): Promise<void> {
  return new Promise((resolve) => {
    client.on('tick', ({ clients }: { readonly clients: number }) => {
      if (clients === expected) resolve();
    });
  });
}

beforeAll(() => {
  requireBuild();
  const { status, stdout } = runNode([TSC, '-p', 'sample/03-cluster']);
  if (status !== 0) throw new Error(stdout);
}, 60_000);

afterEach(cleanUp);

describe('the sample of a cluster, without Redis', () => {
  let sample: Sample;

  beforeAll(async () => {
    sample = await startSample(await freePort());
  });

  afterAll(() => sample.program.stop());

  it("uses Node's cluster, and says so", async () => {
    expect(sample.broker).toMatch(/^Node's cluster, because there is no Redis at 127\.0\.0\.1:\d+$/);
    await talk(sample, "Node's cluster");
  });

  it('loses messages when a node restarts, and a rehearsal says so', { timeout: REHEARSAL_TIMEOUT }, async () => {
    const [code, output] = await rehearse(sample);
    expect(output).toMatch(
      /\n- \d+ messages were lost: \d+ by clients that could not resume and got a fresh session\.\n/,
    );
    expect(output).toMatch(/Connections 5 lost \(5 × transport close\), 0 resumed, 5 with a fresh session, 0 not back/);
    expect(code).toBe(1);
  });

  describeWith('chromium', 'in a browser', () => {
    let browser: Browser;

    beforeAll(async () => {
      browser = await launch();
    });

    afterAll(() => browser.close());

    it('shows the node, the ticks of the worker, and messages of the other node', async () => {
      const problems: string[] = [];
      const [one, two] = await Promise.all(
        sample.urls.map(async (url) => {
          const page = await browser.newPage();
          page.on('pageerror', (error) => problems.push(error.message));
          await page.goto(url);
          await page.waitForFunction(
            (selector) => document.querySelector(selector)?.textContent === '2',
            mark('clients'),
          );
          return page;
        }),
      );
      expect(await one?.textContent('h1')).toBe('You are on node 1');
      await two?.fill(mark('text'), 'שלום');
      await two?.click(mark('say'));
      await one?.waitForSelector(mark('messages', ' li'));
      expect(await one?.textContent(mark('messages', ' li'))).toBe('Node 2שלום');
      expect(problems).toEqual([]);
    });
  });
});

describeWith('redis-server', 'the sample of a cluster, with Redis', () => {
  let redis: Redis;
  let sample: Sample;

  beforeAll(async () => {
    redis = await startRedis();
    sample = await startSample(redis.port);
  });

  afterAll(async () => {
    await sample.program.stop();
    await redis.stop();
  });

  it('uses it, and says so', async () => {
    expect(sample.broker).toBe(`Redis at 127.0.0.1:${redis.port}`);
    await talk(sample, 'Redis');
  });

  it('loses nothing when a node restarts, as a rehearsal shows', { timeout: REHEARSAL_TIMEOUT }, async () => {
    const [code, output] = await rehearse(sample);
    expect(output).toMatch(/ heard, 0 lost, 0 doubled, 0 reordered/);
    expect(output).toMatch(/Connections 5 lost \(5 × transport close\), 5 resumed, 0 with a fresh session, 0 not back/);
    expect(output).toContain('Passed.');
    expect(code).toBe(0);
  });
});
