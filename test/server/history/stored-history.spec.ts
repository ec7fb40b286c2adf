/** The history of rooms that the servers of a cluster share, with a store that a test fills. */
import { describe, expect, it } from 'vitest';
import { Message } from '../../../lib/engine/internal.js';
import { BroadcastTarget, type Flags } from '../../../lib/server/adapter/broadcast-target.js';
import { messageKey } from '../../../lib/server/broadcast/latest-key.js';
import { Channels } from '../../../lib/server/cluster/channels.js';
import { Histories } from '../../../lib/server/history/histories.js';
import { HistoryEntry } from '../../../lib/server/history/history-entry.js';
import type { HistoryStore } from '../../../lib/server/history/history-store.js';
import { NamespaceHistory } from '../../../lib/server/history/namespace-history.js';
import type { RewindOptions } from '../../../lib/server/history/past-event.js';
import type { RewoundSocket } from '../../../lib/server/history/rewind.js';
import { resolveServerOptions } from '../../../lib/server/server-options.js';
import { ManualClock } from '../../support/manual-clock.js';
import { deferred } from '../../support/server-rig.js';

const BEGIN = Date.now();

/** The key of `latest('x')` in an entry. */
const KEY = messageKey('/', 'said', { latest: 'x' });

class Store implements HistoryStore {
  events: HistoryEntry[] = [];
  latest: HistoryEntry[] = [];

  append(): void {}

  read(_list: string, limit: number): Promise<{ events: HistoryEntry[]; latest: HistoryEntry[] }> {
    return Promise.resolve({ events: limit === 0 ? [] : this.events.slice(-limit), latest: this.latest });
  }

  clear(): Promise<void> {
    return Promise.resolve();
  }
}

function entryOf(number: number, key: string | null = null): HistoryEntry {
  return new HistoryEntry('other', number, BEGIN + number, Message.of(`2["said",${number}]`), [], key);
}

interface Rig {
  readonly store: Store;
  readonly channels: Channels;
  readonly history: NamespaceHistory;
  /** The sockets that have joined. */
  readonly sockets: RewoundSocket[];
  /** Lets a client join, and returns the numbers of the events that it is sent. */
  readonly enter: (options?: RewindOptions) => Promise<{ socket: RewoundSocket; heard: number[]; complete: boolean }>;
}

function failed(_what: string, error: unknown): never {
  throw error;
}

function open(): Rig {
  const store = new Store();
  const channels = new Channels(() => null);
  const options = resolveServerOptions({ clock: new ManualClock(), history: { '/': { size: 3 } } });
  const histories = new Histories({ options, channels, store });
  const namespace = { name: '/', members: new Map<string, unknown>(), delivery: {}, failed };
  const history = new NamespaceHistory(namespace, histories, options.history?.get('/') as never);
  const sockets: RewoundSocket[] = [];
  return {
    store,
    channels,
    history,
    sockets,
    async enter(rewind) {
      const heard: number[] = [];
      const rooms = new Set<string>();
      const socket: RewoundSocket = {
        id: 'socket',
        isReachable: true,
        rooms,
        conn: { drained: () => Promise.resolve() },
        rewind: null,
        keptPlace: null,
        passKept: () => {},
        pass: ({ data }) => void heard.push(data[1] as number),
      };
      sockets.push(socket);
      const joining = { rooms: ['a'], before: [], join: () => void rooms.add('a') };
      const { complete } = await history.join(socket, joining, rewind);
      await new Promise(setImmediate);
      return { socket, heard, complete };
    },
  };
}

/** Delivers an event of another server to a socket in these rooms. */
function arrives(
  history: NamespaceHistory,
  socket: RewoundSocket,
  number: number,
  flags: Flags = {},
  rooms: readonly string[] = ['a'],
): void {
  const { message } = entryOf(number);
  const target = BroadcastTarget.everybody.to(rooms).with(flags);
  const entry = history.say(target, message, { node: 'other', number, isOwn: false, at: BEGIN + number });
  const packet = history.packetOf(entry);
  history.deliver(entry, packet, () => {
    if (socket.rewind?.takes(packet, message, false) !== true) socket.pass(packet, message, false);
  });
}

describe('a history in a store', () => {
  it('is complete unless the store may have dropped events since a time', async () => {
    const { store, enter: join } = open();
    const enter = async (options: RewindOptions): Promise<[number[], boolean]> => {
      const { heard, complete } = await join(options);
      return [heard, complete];
    };
    expect(await enter({ since: BEGIN })).toEqual([[], true]);
    store.events = [entryOf(1), entryOf(2)];
    expect(await enter({ since: BEGIN })).toEqual([[1, 2], true]);
    store.events = [entryOf(2), entryOf(3), entryOf(4)];
    expect(await enter({ since: BEGIN })).toEqual([[2, 3, 4], false]);
    expect(await enter({ since: BEGIN + 3 })).toEqual([[3, 4], true]);
    expect(await enter({ since: 'other.1' })).toEqual([[2, 3, 4], false]);
    expect(await enter({ since: 'other.3' })).toEqual([[4], true]);
    expect(await enter({ since: Date.now() - 3_600_000 })).toEqual([[2, 3, 4], false]);
  });

  it('sends no value after a newer one that this server has yet to receive', async () => {
    const { store, history, enter } = open();
    store.latest = [entryOf(7, KEY)];
    const { socket, heard } = await enter();
    for (const number of [6, 7, 8]) arrives(history, socket, number, { latest: 'x' });
    expect(heard).toEqual([7, 8]);
  });

  it('sends no event that is older than the past that a client has asked for, although it has yet to arrive', async () => {
    const { store, history, enter } = open();
    store.events = [entryOf(6), entryOf(7)];
    const { socket, heard } = await enter({ rewind: 1 });
    (socket.rooms as Set<string>).add('b');
    for (const number of [4, 5]) arrives(history, socket, number, {}, number === 4 ? ['a', 'b'] : ['a', 'c']);
    for (const number of [6, 7, 8]) arrives(history, socket, number);
    expect(heard).toEqual([7, 4, 8]); // room b has no past
  });

  it('sends events that arrive while the past is read before those that follow them in the past', async () => {
    const { store, history, sockets, enter } = open();
    const reading = deferred<Awaited<ReturnType<Store['read']>>>();
    store.read = () => reading.promise;
    const entering = enter({ rewind: 1 });
    const [socket] = sockets as [RewoundSocket];
    for (const number of [6, 7]) arrives(history, socket, number);
    reading.resolve({ events: [entryOf(7)], latest: [] });
    expect((await entering).heard).toEqual([6, 7]);
  });

  it('compares a time with the clock of the server that sent an event', async () => {
    const { history, enter } = open();
    const target = BroadcastTarget.everybody.to('a');
    const at = BEGIN - 600_000; // its clock is ten minutes behind
    history.say(target, entryOf(1).message, { node: 'other', number: 1, isOwn: false, at });
    expect((await enter({ since: BEGIN - 1 })).heard).toEqual([]);
    expect((await enter({ since: at })).heard).toEqual([1]);
    expect(await history.read('a')).toMatchObject([{ at: new Date(at) }]);
  });

  it('reads the latest values again after messages of a node were lost', async () => {
    const { store, channels, enter } = open();
    store.latest = [entryOf(1, KEY)];
    expect(await enter()).toMatchObject({ heard: [1] });
    store.latest = [entryOf(2, KEY)];
    expect(await enter()).toMatchObject({ heard: [1] }); // from memory, which hears of each newer value
    channels.nodeMissed('other');
    expect(await enter()).toMatchObject({ heard: [2] });
    store.latest = [entryOf(3, KEY)];
    channels.nodeLeft('other', true);
    channels.nodeJoined('other');
    expect(await enter()).toMatchObject({ heard: [3] });
  });
});
