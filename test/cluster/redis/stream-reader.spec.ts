import { describe, expect, it } from 'vitest';
import type { RedisClient, RedisCommand } from '../../../lib/cluster/redis/redis-client.js';
import { StreamReader } from '../../../lib/cluster/redis/stream-reader.js';
import { ManualClock } from '../../support/manual-clock.js';
import { type Deferred, deferred } from '../../support/server-rig.js';

type Entry = [id: Buffer, fields: [Buffer, Buffer]];

const entry = (position: string, text: string, field = 'm'): Entry => [
  Buffer.from(position),
  [Buffer.from(field), Buffer.from(text)],
];

const flush = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A reader on a client whose replies the test gives. */
class Scene {
  readonly clock = new ManualClock();
  readonly heard: string[] = [];
  readonly commands: { readonly name: unknown; readonly command: RedisCommand; readonly reply: Deferred<unknown> }[] =
    [];
  readonly reader = new StreamReader('stream', this.clock);
  readonly client = this.newClient();

  newClient(): RedisClient {
    const command = (command: RedisCommand): Promise<unknown> => {
      const reply = deferred<unknown>();
      this.commands.push({ name: command[0], command, reply });
      return reply.promise;
    };
    return { command } as unknown as RedisClient;
  }

  start(): void {
    this.reader.attach(this.client);
    this.reader.start('1-0', {
      received: (bytes, position) => this.heard.push(`${position} ${bytes.toString()}`),
      gap: () => this.heard.push('gap'),
    });
  }

  /** Answers the only command that waits, and returns its name and its positions. */
  async answer(reply: unknown): Promise<string> {
    const [waiting, ...others] = this.commands.splice(0);
    if (waiting === undefined || others.length > 0) throw new Error('not exactly one command');
    if (reply instanceof Error) waiting.reply.reject(reply);
    else waiting.reply.resolve(reply);
    await flush();
    return waiting.command.filter((part) => /^x|^\d+-/.test(String(part))).join(' ');
  }
}

describe('a reader of a stream', () => {
  it('checks the first position, and reads on with either form of a reply', async () => {
    const scene = new Scene();
    scene.start();
    expect(await scene.answer([entry('1-0', 'old')])).toBe('xrange 1-0 1-0');
    expect(await scene.answer([Buffer.from('stream'), [entry('1-1', 'a'), entry('1-2', '', 'o')]])).toBe('xread 1-0');
    expect(scene.reader.last).toBe('1-2');
    expect(await scene.answer([[Buffer.from('stream'), [entry('2-0', 'b')]]])).toBe('xread 1-2');
    expect(await scene.answer(null)).toBe('xread 2-0');
    expect(scene.heard).toEqual(['1-1 a', '2-0 b']);
    scene.reader.stop();
    await scene.answer([Buffer.from('stream'), [entry('3-0', 'late')]]);
    expect([scene.heard.length, scene.commands.length, scene.clock.timers]).toEqual([2, 0, 0]);
  });

  it('checks the last position after a read that took long, and after one that returned all it could', async () => {
    const scene = new Scene();
    scene.start();
    await scene.answer([entry('1-0', 'old')]);
    const many = Array.from({ length: 128 }, (_, i) => entry(`2-${i}`, ''));
    await scene.answer([Buffer.from('stream'), many]);
    expect(await scene.answer([entry('2-127', '')])).toBe('xrange 2-127 2-127');
    scene.clock.advance(60_000);
    await scene.answer([Buffer.from('stream'), [entry('3-0', 'a')]]);
    expect(await scene.answer([])).toBe('xrange 3-0 3-0');
    expect(await scene.answer([entry('9-0', '')])).toBe('xrevrange');
    expect(scene.heard.slice(-2)).toEqual(['3-0 a', 'gap']);
    scene.clock.advance(60_000);
    expect(await scene.answer(null)).toBe('xread 3-0');
    expect(await scene.answer(null)).toBe('xread 3-0'); // it is known to be gone
  });

  it('starts at the beginning of a stream that is newer but has earlier positions', async () => {
    for (const [position, next] of [
      ['0-9', '0-0'],
      ['1-0', '1-0'],
    ] as const) {
      const scene = new Scene();
      scene.start();
      await scene.answer([]);
      await scene.answer([entry(position, '')]);
      expect(await scene.answer(null)).toBe(`xread ${next}`);
    }
  });

  it('goes on with another client, and ignores the former one', async () => {
    const scene = new Scene();
    scene.start();
    await scene.answer([entry('1-0', 'old')]);
    const former = scene.commands.splice(0);
    scene.reader.attach(scene.newClient());
    former[0]?.reply.reject(new Error('lost'));
    expect(await scene.answer([entry('1-0', 'old')])).toBe('xrange 1-0 1-0');
    await scene.answer([Buffer.from('stream'), [entry('2-0', 'b')]]);
    expect(scene.heard).toEqual(['2-0 b']);
  });

  it('repeats a rejected read after a second', async () => {
    const scene = new Scene();
    scene.start();
    await scene.answer(new Error('WRONGTYPE'));
    expect(scene.commands).toEqual([]);
    scene.clock.advance(1000);
    expect(await scene.answer([entry('1-0', 'old')])).toBe('xrange 1-0 1-0');
    await scene.answer(new Error('WRONGTYPE'));
    scene.reader.stop();
    expect(scene.clock.timers).toBe(0);
  });
});
