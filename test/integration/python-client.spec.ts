/** Debian's python3-socketio with an application of ours. python_client.py has the client's part. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { ChatGateway, startClientApp } from '../support/client-app.js';
import { PLATFORMS, type Platform } from '../support/nest-app.js';
import { PYTHON } from '../support/programs.mjs';
import { describeWith } from '../support/requires.js';

const SCRIPT = fileURLToPath(new URL('python_client.py', import.meta.url));

type Seen = readonly [event: string, ...args: unknown[]];

/** NESTED, in the form that the client prints. */
const NESTED = {
  title: 'Ünïcode 😀',
  blob: { hex: '0001feff' },
  list: [{ hex: '' }, { deep: [{ hex: '64656570' }, null, 1.5, true] }],
};

describeWith('python3-socketio', 'the Python client', () => {
  describe.each(PLATFORMS)('on %s', (platform) => {
    let seen: (client: string, namespace: string) => readonly Seen[];
    let left: readonly unknown[];

    beforeAll(async () => {
      ({ seen, left } = await runScenario(platform));
    });

    it('connects to two namespaces', () => {
      expect(seen('ada', '/')[0]).toEqual(['connect']);
      expect(seen('ada', '/chat').slice(0, 2)).toEqual([['connect'], ['welcome', 'ada']]);
    });

    it('is refused by a guard, with message and data, and keeps its other namespace', () => {
      const data = { code: 'forbidden', status: 403 };
      expect(seen('guest', '/chat')).toEqual([['connect_error', { message: 'Forbidden resource', data }]]);
      expect(seen('guest', '/').slice(0, 2)).toEqual([['connect'], ['answer to echo', 'still here']]);
    });

    it('is refused by an error that a guard throws, with its message and data', () => {
      const data = { until: ['Friday', null] };
      expect(seen('banned', '/chat')).toEqual([['connect_error', { message: 'you are banned', data }]]);
      expect(seen('banned', '/').slice(0, 2)).toEqual([['connect'], ['answer to echo', 'still here']]);
    });

    it('gets its text and nested binary data back, in an acknowledgement and in an event', () => {
      expect(seen('ada', '/').slice(1, 6)).toEqual([
        ['answer to echo'],
        ['answer to echo', 'text', 2, [null, { three: 3 }]],
        ['answer to echo', NESTED, { hex: '7461696c' }],
        [
          'answer to inspect',
          [
            [true, '0001feff'],
            [true, ''],
            [true, '64656570'],
          ],
        ],
        ['mirrored', NESTED, { copy: NESTED }],
      ]);
    });

    it('acknowledges an event of the server, with binary data', () => {
      const question = ['what?', { hex: 'ff' }];
      expect(seen('ada', '/chat').slice(3, 5)).toEqual([
        ['question', question],
        ['answer to survey', { echo: question, proof: [{ hex: '0080' }] }],
      ]);
    });

    it('gets the broadcasts to its rooms, unless they exclude it', () => {
      expect(seen('ada', '/chat').slice(5, -1)).toEqual([
        ['answer to say'],
        ['told', 'to all of us'],
        ['answer to tell'],
        ['told', 'to who is left'],
        ['answer to tell'],
        ['answer to tell'],
        ['announced', { data: { hex: '0102' } }],
        ['answer to announce'],
      ]);
      expect(seen('ben', '/chat').slice(2, -1)).toEqual([
        ['answer to join', 2],
        ['said', 'not to myself'],
        ['told', 'to all of us'],
        ['answer to leave', 1],
        ['announced', { data: { hex: '0102' } }],
      ]);
    });

    it('is disconnected by the server, from one namespace and from all', () => {
      expect(seen('ada', '/chat').at(-1)).toEqual(['disconnect']);
      expect(seen('ada', '/').slice(6)).toEqual([['answer to echo', 'only the chat is over'], ['disconnect']]);
    });

    it('leaves the namespace once, with a reason', () => {
      expect(left).toEqual([
        ['ada', 'server namespace disconnect'],
        ['ben', 'transport close'], // this client closes before its DISCONNECT is written
      ]);
    });
  });
});

async function runScenario(platform: Platform) {
  const { app, url } = await startClientApp(platform);
  const { left } = app.get(ChatGateway);
  try {
    const { stdout } = await promisify(execFile)(PYTHON, ['-I', SCRIPT, url], { timeout: 45_000 });
    const lines = stdout.split('\n').filter(Boolean).map(parseLine);
    const seen = (client: string, namespace: string): readonly Seen[] =>
      lines.filter((line) => line.client === client && line.namespace === namespace).map((line) => line.seen);
    await vi.waitUntil(() => left.length === 2, 10_000);
    return { seen, left };
  } finally {
    await app.close();
  }
}

function parseLine(text: string): { client: string; namespace: string; seen: Seen } {
  const { client, namespace, saw, args } = JSON.parse(text) as Record<'client' | 'namespace' | 'saw', string> & {
    readonly args: readonly unknown[];
  };
  return { client, namespace, seen: [saw, ...args] };
}
