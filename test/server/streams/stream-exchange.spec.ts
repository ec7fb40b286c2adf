import { beforeEach, describe, expect, it } from 'vitest';
import { Message } from '../../../lib/engine/internal.js';
import { type ChannelListener, Channels, type NodeMessages } from '../../../lib/server/cluster/channels.js';
import { resolveServerOptions } from '../../../lib/server/server-options.js';
import type { StreamSocket } from '../../../lib/server/streams/stream-socket.js';
import { Streams } from '../../../lib/server/streams/streams.js';
import type { DisconnectReason } from '../../../lib/server/socket/socket-state.js';
import { ManualClock } from '../../support/manual-clock.js';
import { Numbers, settle } from './stream-rig.js';

/** A socket that records the texts it is sent. */
class FakeSocket implements StreamSocket {
  readonly id = 'socket';
  readonly userId: string | undefined;
  readonly ip = '127.0.0.1';
  readonly nsp = { name: '/', serializer: null, delivery: { recovery: null } };
  readonly client = {};
  readonly connected = true;
  readonly logFields = {};
  readonly texts: string[] = [];
  readonly conn = { drained: (): Promise<void> => Promise.resolve() };
  #leave: ((reason: DisconnectReason) => void) | null = null;

  constructor(userId?: string) {
    this.userId = userId;
  }

  pass(_packet: unknown, message: Message): void {
    this.forward(message);
  }

  forward(message: Message): boolean {
    for (const { data } of message.payloads()) this.texts.push(String(data));
    return true;
  }

  acknowledge(id: number, args: readonly unknown[]): void {
    this.texts.push(`43${id}${JSON.stringify(args)}`);
  }

  inOrder(call: () => void): void {
    call();
  }

  once(_event: string, listener: (reason: DisconnectReason) => void): void {
    this.#leave = listener;
  }

  leave(reason: DisconnectReason): void {
    this.#leave?.(reason);
  }
}

/** Two servers whose messages arrive at once, unless they are lost. */
class Pair {
  readonly clock = new ManualClock();
  readonly here = this.#server('here......', 'there.....');
  readonly there = this.#server('there.....', 'here......');
  /** Which messages are lost. */
  lose: (kind: unknown) => boolean = () => false;
  readonly sent: (readonly unknown[])[] = [];
  /** Whether questions arrive later: see {@link arrive}. */
  delay = false;
  #delayed: (() => void)[] = [];

  #server(id: string, other: string): { channels: Channels; streams: Streams; listener: () => ChannelListener } {
    const listenerOf = (node: string): ChannelListener | undefined =>
      (node === 'here......' ? this.here : this.there).channels.of('streams');
    const messages: NodeMessages = {
      id,
      others: [other],
      sendTo: (_channel, to, content) => {
        this.sent.push(content);
        if (!this.lose(content[0])) queueMicrotask(() => listenerOf(to as string)?.received?.(id, content));
      },
      askNodes: (_channel, to, _timeout, content) =>
        new Promise((resolve) => {
          const lost = (): void => resolve({ answers: [], silent: [to as string] });
          if (this.lose('question')) return lost();
          const ask = (): void =>
            listenerOf(to as string)?.asked?.(id, content, (...answer) => {
              if (this.lose('answer')) return lost();
              return queueMicrotask(() => resolve({ answers: answer.length > 0 ? [answer] : [], silent: [] }));
            });
          if (this.delay) this.#delayed.push(ask);
          else ask();
          return undefined;
        }),
    };
    const channels = new Channels(() => messages);
    const streams = new Streams(resolveServerOptions({ clock: this.clock, streams: { buffer: 4 } }), channels);
    return { channels, streams, listener: () => channels.of('streams') as ChannelListener };
  }

  /** Lets the questions arrive that were delayed. */
  arrive(): void {
    this.delay = false;
    for (const ask of this.#delayed.splice(0)) ask();
  }

  /** Asks here for a stream. @returns its id */
  ask(socket: FakeSocket, numbers: Numbers, count: number): string {
    const source = { values: numbers.upTo(count), controller: null, describe: String, failed: () => {} };
    const opened = this.here.streams.open(socket, source);
    if ('code' in opened) throw new Error(opened.code);
    opened.proceed();
    return opened.id;
  }

  /** Sends an event of a client to its server. */
  async send(server: 'here' | 'there', socket: FakeSocket, event: string, ...args: unknown[]): Promise<void> {
    const id = event === 'stream_ack' ? undefined : 7;
    await this[server].streams.handlers[event]?.(socket, { type: 2, nsp: '/', id, data: [event, ...args] });
    await settle();
  }
}

const values = (id: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `42["stream","${id}",${from + index},${from + index}]`);

const moved = (id: string, n: number): unknown =>
  expect.stringMatching(`^42\\["stream_end","${id}",${n},\\{"code":"stream_moved"`);

describe('StreamExchange', () => {
  let pair: Pair;
  let numbers: Numbers;
  let id: string;
  let first: FakeSocket;
  let second: FakeSocket;

  beforeEach(async () => {
    pair = new Pair();
    numbers = new Numbers();
    first = new FakeSocket();
    second = new FakeSocket();
    id = pair.ask(first, numbers, 10);
    await settle();
  });

  it('names the owner in the id', () => {
    expect(id.slice(20)).toBe('here......');
  });

  it('relays values, and acknowledgements back', async () => {
    await pair.send('there', second, 'stream_resume', id, 2);
    expect(second.texts).toEqual(['437[{}]', ...values(id, 3, 6)]);
    await pair.send('there', second, 'stream_ack', id, 6);
    await pair.send('there', second, 'stream_ack', id, 10);
    expect(second.texts.slice(1)).toEqual([...values(id, 3, 10), `42["stream_end","${id}",10]`]);
    await pair.send('there', first, 'stream_ack', id, 10); // not its stream
    expect(first.texts).toEqual([...values(id, 1, 4), moved(id, 4)]);
  });

  it('goes on to its client while another user tries to resume it on the same server', async () => {
    const [owner, ann, bob] = [new FakeSocket('ann'), new FakeSocket('ann'), new FakeSocket('bob')];
    const own = pair.ask(owner, new Numbers(), 10);
    await settle();
    await pair.send('there', ann, 'stream_resume', own, 2);
    await pair.send('there', bob, 'stream_resume', own, 0);
    expect(bob.texts).toEqual([expect.stringContaining('"code":"stream_forbidden"')]);
    await pair.send('there', ann, 'stream_ack', own, 6);
    expect(ann.texts).toEqual(['437[{}]', ...values(own, 3, 10)]);
  });

  it('cancels', async () => {
    await pair.send('there', second, 'stream_resume', id, 2);
    await pair.send('there', second, 'stream_cancel', id);
    expect([numbers.returned, pair.here.streams.size]).toEqual([1, 0]);
  });

  it.each<[DisconnectReason, number]>([
    ['transport close', 0],
    ['client namespace disconnect', 1],
  ])('follows a client that leaves: %s', async (reason, returned) => {
    await pair.send('there', second, 'stream_resume', id, 2);
    second.leave(reason);
    await settle();
    expect(numbers.returned).toBe(returned);
    const third = new FakeSocket();
    await pair.send('here', third, 'stream_resume', id, 6);
    expect(third.texts[0]).toContain(returned === 1 ? 'stream_gone' : '437[{}]');
  });

  it('refuses for the reasons of the owner', async () => {
    const owned = new FakeSocket('ada');
    const other = pair.ask(owned, new Numbers(), 10);
    await pair.send('there', second, 'stream_resume', other, 0);
    await pair.send('there', second, 'stream_resume', id, 1_000);
    await pair.send('there', second, 'stream_resume', `${'x'.repeat(20)}here......`, 0);
    await pair.send('there', second, 'stream_resume', `${'x'.repeat(20)}nowhere...`, 0);
    pair.lose = () => true;
    await pair.send('there', second, 'stream_resume', id, 0);
    expect(second.texts.map((text) => /"code":"(\w+)"/.exec(text)?.[1])).toEqual([
      'stream_forbidden',
      'stream_lost',
      'stream_gone',
      'stream_gone',
      'stream_gone',
    ]);
  });

  it('is not moved away by its own second call', async () => {
    await pair.send('there', second, 'stream_resume', id, 2);
    const third = new FakeSocket();
    await pair.send('there', third, 'stream_resume', id, 3);
    expect(third.texts).toEqual(['437[{}]', ...values(id, 4, 7)]);
    await pair.send('there', third, 'stream_ack', id, 6);
    expect(third.texts.at(-1)).toBe(`42["stream","${id}",10,10]`);
    expect(second.texts.slice(-2)).toEqual([`42["stream","${id}",6,6]`, moved(id, 6)]);
  });

  it('moves back to the owner, which the other server learns', async () => {
    await pair.send('there', second, 'stream_resume', id, 2);
    const third = new FakeSocket();
    await pair.send('here', third, 'stream_resume', id, 4);
    expect(pair.sent.filter(([kind]) => kind === 'moved')).toHaveLength(1);
    expect(second.texts.at(-1)).toEqual(moved(id, 6));
    await pair.send('there', second, 'stream_cancel', id);
    await pair.send('here', third, 'stream_ack', id, 6);
    expect(third.texts.at(-1)).toBe(`42["stream","${id}",10,10]`);
  });

  it('ends for a connection from which a late call of an earlier one has taken it', async () => {
    pair.delay = true;
    const late = pair.send('there', second, 'stream_resume', id, 2);
    second.leave('transport close');
    const third = new FakeSocket();
    await pair.send('here', third, 'stream_resume', id, 2);
    expect(third.texts).toEqual(['437[{}]', ...values(id, 3, 6)]);
    pair.arrive();
    await late;
    await settle();
    expect(third.texts.at(-1)).toEqual(moved(id, 6));
    await pair.send('here', third, 'stream_resume', id, 6);
    await pair.send('here', third, 'stream_ack', id, 6);
    expect(third.texts.at(-1)).toBe(`42["stream","${id}",10,10]`);
  });

  it('answers before it ends what was refused meanwhile', async () => {
    pair.delay = true;
    const resumed = pair.send('there', second, 'stream_resume', id, 2);
    pair.there.listener().received?.('here......', ['refused', id, 'stream_lost']);
    expect(second.texts).toEqual([]);
    pair.arrive();
    await resumed;
    expect(second.texts).toEqual(['437[{}]', expect.stringContaining('"stream_lost"')]);
  });

  it('does not take values of an earlier connection on its server for a gap', async () => {
    pair.delay = true;
    const resumed = pair.send('there', second, 'stream_resume', id, 2);
    const frames = Message.of('42["stream"]').wire;
    pair.there.listener().received?.('here......', ['value', id, 6, frames, true]);
    pair.there.listener().received?.('here......', ['end', id, 10, frames]);
    pair.arrive();
    await resumed;
    expect(second.texts).toEqual(['437[{}]', ...values(id, 3, 6)]);
    expect(pair.sent.map(([kind]) => kind)).not.toContain('again');
  });

  it('ends on the owner although the answer to a call was lost', async () => {
    pair.lose = (kind) => kind === 'answer';
    await pair.send('there', second, 'stream_resume', id, 2);
    expect(second.texts).toEqual([expect.stringContaining('"stream_gone"')]);
    pair.clock.advance(40_000);
    await settle();
    expect([numbers.returned, pair.here.streams.size]).toEqual([1, 0]);
  });

  it('ends on the owner although its client has lost values that are no longer kept', async () => {
    await pair.send('there', second, 'stream_resume', id, 2);
    const third = new FakeSocket();
    await pair.send('there', third, 'stream_resume', id, 0);
    expect(third.texts).toEqual([expect.stringContaining('"stream_lost"')]);
    pair.clock.advance(40_000);
    await settle();
    expect([numbers.returned, pair.here.streams.size]).toEqual([1, 0]);
  });

  it('goes on although the last acknowledgement was lost', async () => {
    await pair.send('there', second, 'stream_resume', id, 2);
    pair.lose = (kind) => kind === 'ack';
    await pair.send('there', second, 'stream_ack', id, 6);
    pair.lose = () => false;
    pair.here.listener().nodeMissed?.('there.....');
    await settle();
    expect(second.texts.at(-1)).toBe(`42["stream","${id}",10,10]`);
  });

  it('asks again for values that were lost', async () => {
    let lost = 0;
    pair.lose = (kind) => kind === 'value' && lost++ === 1;
    await pair.send('there', second, 'stream_resume', id, 0);
    await pair.send('there', second, 'stream_ack', id, 4);
    await pair.send('there', second, 'stream_ack', id, 8);
    expect(second.texts.slice(1, 9)).toEqual(values(id, 1, 8));
  });

  it.each(['here', 'there'] as const)('heals when %s has missed the end', async (noticing) => {
    await pair.send('there', second, 'stream_resume', id, 2);
    pair.lose = (kind) => kind === 'value' || kind === 'end';
    await pair.send('there', second, 'stream_ack', id, 6);
    expect(numbers.taken).toBe(10);
    pair.lose = () => false;
    pair[noticing].listener().nodeMissed?.(noticing === 'here' ? 'there.....' : 'here......');
    await settle();
    await pair.send('there', second, 'stream_ack', id, 10);
    expect(second.texts.slice(1)).toEqual([...values(id, 3, 10), `42["stream_end","${id}",10]`]);
  });

  it('ends streams of a server that has left', async () => {
    await pair.send('there', second, 'stream_resume', id, 2);
    pair.there.listener().nodeLeft?.('here......', true);
    expect(second.texts.at(-1)).toContain(`42["stream_end","${id}",6,{"code":"stream_gone"`);
    expect(pair.sent.at(-1)).toEqual(['away', id, false]); // for a server that is alive and does not know that it has left
    pair.here.listener().nodeLeft?.('there.....', true);
    await settle();
    await pair.send('here', first, 'stream_resume', id, 6);
    expect(first.texts.at(-1)).toBe(`42["stream","${id}",10,10]`);
  });

  it('learns that a client is gone of which the other server has forgotten', async () => {
    await pair.send('there', second, 'stream_resume', id, 2);
    pair.lose = (kind) => kind === 'away';
    second.leave('transport close');
    await settle();
    pair.lose = () => false;
    pair.here.listener().nodeMissed?.('there.....');
    await settle();
    expect(pair.sent.at(-1)).toEqual(['away', id, false]);
  });

  it('sends a limited number of values ahead of the progress of the other server', async () => {
    numbers = new Numbers();
    id = pair.ask(first, numbers, 1_000);
    pair.lose = (kind) => kind === 'progress';
    await pair.send('there', second, 'stream_resume', id, 0);
    for (let n = 4; n < 400; n += 4) await pair.send('there', second, 'stream_ack', id, n);
    expect(numbers.taken).toBeLessThan(80);
    const { taken } = numbers;
    pair.lose = () => false;
    pair.here.listener().nodeMissed?.('there.....');
    await settle();
    await pair.send('there', second, 'stream_ack', id, taken);
    expect(numbers.taken).toBeGreaterThan(taken);
  });

  it('rejects messages that are not as they should be', async () => {
    await pair.send('there', second, 'stream_resume', id, 2);
    const frames = Message.of('2["x"]').wire;
    const bad: unknown[][] = [
      ['value', 7, 1, frames],
      ['value', id, -1, frames],
      ['value', id, 7, 'text'],
      ['end', id, 7, Buffer.from([1, 2, 3])],
    ];
    for (const content of bad) {
      expect(() => pair.there.listener().received?.('here......', content)).toThrow(TypeError);
    }
    const codec = pair.here.streams.codecName;
    for (const content of [[], [id, '2', '/', null, codec], [id, 2, 7, null, codec], [id, 2, '/', 7, codec]]) {
      const ask = (): void => pair.here.listener().asked?.('there.....', content, () => {});
      if (content.length === 0) expect(ask).not.toThrow();
      else expect(ask).toThrow(TypeError);
    }
    const before = second.texts.length;
    pair.there.listener().received?.('elsewhere.', ['value', id, 7, frames]); // not its owner
    pair.there.listener().received?.('here......', ['unknown', id]);
    pair.here.listener().received?.('there.....', ['unknown', id]);
    await settle();
    expect(second.texts).toHaveLength(before);
  });
});
