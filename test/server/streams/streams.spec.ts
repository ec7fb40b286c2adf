import { describe, expect, it, vi } from 'vitest';
import type { Namespace, ServerOptions, Socket } from '../../../lib/server/internal.js';
import { SOON } from '../../support/events.js';
import { type ServerRig, startServer } from '../../support/server-rig.js';
import type { WireClient } from '../../support/server-wire.js';
import { FIRST_ACK_TIME } from '../../../lib/server/streams/stream.js';
import { Numbers, settle } from './stream-rig.js';

interface Rig extends ServerRig {
  readonly numbers: Numbers;
  readonly controller: AbortController;
}

/** A server whose event `ask` answers with a stream of that many numbers. */
async function start(options: ServerOptions = {}, of = '/'): Promise<Rig> {
  const rig = await startServer(options);
  const [numbers, controller] = [new Numbers(), new AbortController()];
  serve(rig.of(of), numbers, controller);
  return Object.assign(rig, { numbers, controller });
}

function serve(namespace: Namespace, numbers: Numbers, controller: AbortController): void {
  namespace.serveStreams().onEvent('ask', (socket: Socket, { id, data: [, count] }) => {
    const opened = socket.nsp.server.streams.open(socket, {
      values: numbers.upTo(count as number),
      controller,
      describe: String,
      failed: () => {},
    });
    socket.acknowledge(id as number, ['code' in opened ? { error: opened } : { stream: opened.id }]);
    if (!('code' in opened)) opened.proceed();
  });
}

/** Asks for a stream. @returns its id */
async function ask(client: WireClient, count: number): Promise<string> {
  client.send(`421["ask",${count}]`);
  const answer = String(await client.next());
  return /^431\[\{"stream":"([\w-]{20})"\}\]$/.exec(answer)?.[1] ?? answer;
}

async function texts(client: WireClient, count: number): Promise<string[]> {
  const all: string[] = [];
  while (all.length < count) all.push(String(await client.next()));
  return all;
}

const refused = (id: number, code: string): RegExp => new RegExp(`^43${id}\\[\\{"error":\\{"code":"${code}",`);

describe('Streams', () => {
  it('sends values before their end while other events wait for the past of a room', async () => {
    const rig = await start();
    const [client, socket] = await rig.join();
    socket.rewind = { isRunning: true, takes: () => true } as never;
    const id = await ask(client, 1);
    expect(await texts(client, 2)).toEqual([`42["stream","${id}",1,1]`, `42["stream_end","${id}",1]`]);
  });

  it('sends values and their end', async () => {
    const rig = await start();
    const [client] = await rig.join();
    const id = await ask(client, 2);
    expect(await texts(client, 3)).toEqual([
      `42["stream","${id}",1,1]`,
      `42["stream","${id}",2,2]`,
      `42["stream_end","${id}",2]`,
    ]);
  });

  it('waits for acknowledgements', async () => {
    const rig = await start({ streams: { buffer: 2 } });
    const { numbers } = rig;
    const [client] = await rig.join();
    const id = await ask(client, 10);
    await texts(client, 2);
    client.send(`42["stream_ack","${id}",1]`);
    expect(await texts(client, 1)).toEqual([`42["stream","${id}",3,3]`]);
    expect(numbers.taken).toBe(3);
    for (const args of ['7,1', `"${id}",-1`, `"${id}","2"`, '"unknown",1', '']) {
      client.send(`42["stream_ack"${args && `,${args}`}]`);
    }
    client.send('421["fence"]');
    expect(await texts(client, 1)).toEqual(['431[]']);
    expect(numbers.taken).toBe(3);
  });

  it('waits for the acknowledgements of each stream on its own', async () => {
    const rig = await start({ streams: { buffer: 2 } });
    const [client] = await rig.join();
    const one = await ask(client, 1_000_000);
    await texts(client, 2);
    client.send(`42["stream_ack","${one}",2]`);
    await texts(client, 2);
    const other = await ask(client, 1_000_000);
    await texts(client, 2);
    rig.clock.advance(FIRST_ACK_TIME);
    expect(await texts(client, 1)).toEqual([expect.stringContaining(`"${other}",3,`)]); // and `one` still waits
    client.send(`42["stream_cancel","${other}"]`);
  });

  it('waits once for the first acknowledgement of a client that sends none', async () => {
    const rig = await start({ streams: { buffer: 2 } });
    const [client] = await rig.join();
    await ask(client, 5);
    await texts(client, 2);
    rig.clock.advance(FIRST_ACK_TIME);
    await texts(client, 4);
    rig.numbers.taken = 0;
    await ask(client, 5);
    expect((await texts(client, 6)).at(-1)).toContain('stream_end');
  });

  it('cancels, for its own client only', async () => {
    const rig = await start();
    const { numbers, controller, server } = rig;
    const [client] = await rig.join();
    const [other] = await rig.join();
    const id = await ask(client, 1_000);
    other.send(`422["stream_cancel","${id}"]`);
    other.send('423["stream_cancel",7]');
    expect(await texts(other, 2)).toEqual(['432[{}]', '433[{}]']);
    expect(controller.signal.aborted).toBe(false);
    client.send(`42["stream_cancel","${id}"]`);
    await vi.waitFor(() => expect(numbers.returned).toBe(1), SOON);
    expect([controller.signal.aborted, server.streams.size]).toEqual([true, 0]);
  });

  it('resumes on another connection, within its time', async () => {
    const rig = await start({ streams: { buffer: 4, resumeWithin: 1_000 } });
    const { clock, server } = rig;
    const [client] = await rig.join();
    const id = await ask(client, 6);
    await texts(client, 4);
    client.terminate();
    await settle(10);
    const [other] = await rig.join();
    clock.advance(900);
    other.send(`422["stream_resume","${id}",3]`);
    expect(await texts(other, 2)).toEqual(['432[{}]', `42["stream","${id}",4,4]`]);
    other.send(`42["stream_ack","${id}",4]`);
    expect(await texts(other, 3)).toEqual([
      `42["stream","${id}",5,5]`,
      `42["stream","${id}",6,6]`,
      `42["stream_end","${id}",6]`,
    ]);
    clock.advance(2_000);
    expect(server.streams.size).toBe(0);
    other.send(`422["stream_resume","${id}",6]`);
    expect((await texts(other, 1))[0]).toMatch(refused(2, 'stream_gone'));
  });

  it('refuses what cannot be resumed', async () => {
    const rig = await start({ streams: { buffer: 2 }, limits: { streams: 1 } });
    rig.of('/other').serveStreams();
    const [client, socket] = await rig.join();
    socket.user = 'ada';
    const id = await ask(client, 1_000);
    await texts(client, 2);
    const [other, its] = await rig.join();
    const resume = async (args: string): Promise<string> => {
      other.send(`422["stream_resume",${args}]`);
      return String(await other.next());
    };
    expect(await resume('7,1')).toMatch(refused(2, 'bad_request'));
    expect(await resume(`"${id}"`)).toMatch(refused(2, 'bad_request'));
    expect(await resume('"unknown",0')).toMatch(refused(2, 'stream_gone'));
    expect(await resume(`"${id}",0`)).toMatch(refused(2, 'stream_forbidden'));
    its.user = 'ada';
    expect(await resume(`"${id}",7`)).toMatch(refused(2, 'stream_lost'));
    client.send('422["ask",1]');
    expect(await client.next()).toMatch(refused(2, 'too_many_streams'));
    expect(rig.log.warnings.join()).toContain('limits.streams');
    await other.join('/other');
    other.send(`42/other,2["stream_resume","${id}",2]`);
    expect(await other.next()).toMatch(/^43\/other,2\[\{"error":\{"code":"stream_gone"/);
    expect(await ask(other, 1)).toHaveLength(20);
    await texts(other, 1); // its end: the numbers have been taken
    expect(await resume(`"${id}",2`)).toBe('432[{}]');
  });

  it('ends at once when the client leaves, and with the connection if it cannot be resumed', async () => {
    const leaving = await start();
    const [client] = await leaving.join();
    await ask(client, 1_000);
    client.send('41');
    await vi.waitFor(() => expect(leaving.controller.signal.aborted).toBe(true), SOON);
    const rig = await start({ streams: { resumeWithin: 0 } });
    const [lost] = await rig.join();
    await ask(lost, 1_000);
    lost.terminate();
    await vi.waitFor(() => expect(rig.controller.signal.aborted).toBe(true), SOON);
  });

  it('ends the streams that wait for longest when they take too much memory', async () => {
    const rig = await start({ limits: { keptStreamBytes: 7_000 }, streams: { buffer: 2 } });
    for (let count = 0; count < 3; count++) {
      const [client] = await rig.join();
      await ask(client, 1_000_000);
      client.terminate();
      await rig.deserted();
    }
    await vi.waitFor(() => expect(rig.server.streams.size).toBe(2), SOON);
    expect(rig.log.warnings.join()).toContain('limits.keptStreamBytes');
  });

  it('keeps the stream of a client while another one opens short streams in a loop', async () => {
    const rig = await start({ limits: { keptStreamBytes: 100_000 } });
    const [victim] = await rig.join();
    const id = await ask(victim, 3);
    await texts(victim, 4);
    victim.terminate();
    const [attacker] = await rig.join();
    for (let count = 0; count < 100; count++) {
      await ask(attacker, 0);
      await texts(attacker, 1); // its end
    }
    expect(rig.log.warnings.join()).toContain('limits.keptStreamBytes');
    const [returned] = await rig.join();
    returned.send(`421["stream_resume","${id}",1]`);
    expect(await texts(returned, 1)).toEqual(['431[{}]']);
    expect((await texts(returned, 3)).at(-1)).toBe(`42["stream_end","${id}",3]`);
  });

  it('keeps no values that are acknowledged after the end', async () => {
    const rig = await start({ limits: { keptStreamBytes: 20_000 } });
    const [client] = await rig.join();
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) {
      rig.numbers.taken = 0;
      const id = await ask(client, 20);
      await texts(client, 21);
      client.send(`42["stream_ack","${id}",20]`);
      ids.push(id);
    }
    client.send(`421["stream_resume","${ids[0]}",20]`);
    expect(await texts(client, 1)).toEqual(['431[{}]']);
    expect(await texts(client, 1)).toEqual([`42["stream_end","${ids[0]}",20]`]);
  });

  it('notifies the clients when the server closes', async () => {
    const rig = await start({ streams: { buffer: 2 } });
    const [client] = await rig.join();
    const id = await ask(client, 1_000);
    await texts(client, 2);
    void rig.server.close();
    expect((await texts(client, 1))[0]).toMatch(new RegExp(`^42\\["stream_end","${id}",2,\\{"code":"stream_gone"`));
    expect([rig.controller.signal.aborted, rig.server.streams.size]).toEqual([true, 0]);
  });

  it('ends those that are opened while the server closes', async () => {
    const rig = await start({ drain: { batch: 1, interval: 20 } });
    const clients = [await rig.join(), await rig.join()];
    const closed = rig.server.close();
    await ask((clients[1] as (typeof clients)[0])[0], 1_000);
    expect(rig.server.streams.size).toBe(1);
    await vi.waitFor(() => rig.clock.advance(20) ?? expect(rig.server.streams.size).toBe(0), SOON);
    expect(rig.controller.signal.aborted).toBe(true);
    await closed;
  });

  it('keeps texts from being taken for offsets, and serialises values', async () => {
    class Word {
      constructor(readonly text: string) {}
    }
    const rig = await startServer({ connectionStateRecovery: {}, serialize: (word) => (word as Word).text });
    rig.of('/').serveStreams();
    const [client, socket] = await rig.join();
    const opened = rig.server.streams.open(socket, {
      values: (async function* () {
        yield await Promise.resolve(new Word('hello'));
      })(),
      controller: null,
      describe: String,
      failed: () => {},
    });
    if ('code' in opened) throw new Error(opened.code);
    opened.proceed();
    expect(await texts(client, 1)).toEqual([`42["stream","${opened.id}",1,"hello",null]`]);
  });

  it('serves the namespaces of several patterns, and leaves handlers of the application alone', async () => {
    const rig = await startServer();
    const handler = vi.fn();
    rig.server.of(/^\/one/).serveStreams();
    rig.server
      .of(/^\/two/)
      .onEvent('stream_ack', handler)
      .serveStreams();
    const [client] = await rig.join('/two');
    client.send('42/two,["stream_ack",1]');
    await vi.waitFor(() => expect(handler).toHaveBeenCalledOnce(), SOON);
    expect(rig.log.errors).toEqual([]);
  });
});
