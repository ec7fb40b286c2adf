import { describe, expect, it } from 'vitest';
import { type EventPacket, PacketType } from '../../../lib/protocol/internal.js';
import { EventHandlers, EventTable, type HandlingNamespace } from '../../../lib/server/namespace/event-handlers.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { ManualClock } from '../../support/manual-clock.js';

const [say, other, any] = [() => {}, () => {}, () => {}];

function table(): { table: EventTable<() => void>; log: RecordingLog } {
  const log = new RecordingLog();
  return { table: new EventTable('/chat', { logger: log, clock: new ManualClock() }), log };
}

describe('EventTable', () => {
  it('finds the handler of an event, whether its name is a string or a number', () => {
    const { table: events } = table();
    events.set('say', say);
    events.set('5', other);
    expect([events.get('say'), events.get(5), events.get('sing')]).toEqual([say, other, null]);
  });

  it("finds the handler of '*' for all others", () => {
    const { table: events } = table();
    events.set('say', say);
    events.set('*', any);
    expect([events.get('say'), events.get('sing'), events.get('*')]).toEqual([say, any, any]);
  });

  it('copies the handlers of another table, as they are at that time', () => {
    const [{ table: parent }, { table: child }] = [table(), table()];
    parent.set('say', say);
    parent.set('*', any);
    child.inherit(parent);
    parent.set('sing', other);
    expect([child.get('say'), child.get('sing')]).toEqual([say, any]);
  });

  it.each(['constructor', '__proto__', 'toString'])('has no handler of %s by default', (name) => {
    expect(table().table.get(name)).toBeNull();
  });

  it('counts events without a handler, and logs the nearest name', () => {
    const { table: events, log } = table();
    events.set('say', say);
    events.addUnhandled('sai');
    events.addUnhandled(7);
    expect(events.unhandled).toBe(2);
    expect(log.debugs).toEqual(['no handler for event "sai" in /chat (did you mean "say"?)']);
  });
});

function unhandled(namespace = '/', ...known: string[]) {
  const [clock, logger] = [new ManualClock(), new RecordingLog()];
  const events = new EventTable<() => void>(namespace, { clock, logger });
  for (const event of known) events.set(event, say);
  return { clock, logger, events };
}

describe('an event without a handler', () => {
  it('is counted', () => {
    const { events } = unhandled();
    expect(events.unhandled).toBe(0);
    events.addUnhandled('a');
    events.addUnhandled('a');
    events.addUnhandled('b');
    expect(events.unhandled).toBe(3);
  });

  it('is logged with the nearest known name', () => {
    const { events, logger } = unhandled('/chat', 'join', 'message', '7');
    events.addUnhandled('mesage');
    expect(logger.debugs).toEqual(['no handler for event "mesage" in /chat (did you mean "message"?)']);
  });

  it('is logged without a suggestion if no known name is near', () => {
    const { events, logger } = unhandled('/', 'join', 'leave');
    events.addUnhandled('weather');
    expect(logger.debugs).toEqual(['no handler for event "weather" in /']);
  });

  it('is logged at most once a minute, with the number of suppressed lines', () => {
    const { clock, events, logger } = unhandled();
    events.addUnhandled('a');
    events.addUnhandled('b');
    clock.advance(59_999);
    events.addUnhandled('c');
    expect(logger.debugs).toHaveLength(1);
    clock.advance(1);
    events.addUnhandled('d');
    expect(logger.debugs[1]).toBe('no handler for event "d" in / (2 more since the last such line)');
  });

  it('is logged with its name escaped and truncated', () => {
    const { events, logger } = unhandled('/', 'known');
    events.addUnhandled(`\n\u001b[31m${'x'.repeat(1_000)}`);
    expect(logger.debugs[0]).toMatch(/^no handler for event "\\n\\u001b\[31mx+…" in \/$/);
    expect(logger.debugs[0]?.length).toBeLessThan(300);
  });
});

/** A namespace with event handlers, and what they report. */
function handling(wildcard?: FakeNamespace) {
  const [logger, failures, running] = [new RecordingLog(), [] as unknown[], [] as Promise<void>[]];
  const namespace: FakeNamespace = {
    name: '/chat',
    log: logger,
    answersUnknownEvents: false,
    wildcard,
    failed: (...failure) => void failures.push(failure),
    runs: (_what, _event, run) => void running.push(run),
    get eventHandlers(): EventHandlers<FakeSocket> {
      return handlers;
    },
  };
  const handlers = new EventHandlers(namespace, { logger, clock: new ManualClock() });
  return { namespace, handlers, logger, failures, running };
}

type FakeSocket = ReturnType<typeof fakeSocket>;
type FakeNamespace = HandlingNamespace<FakeSocket> & { answersUnknownEvents: boolean };

function fakeSocket() {
  const works: [string, number][] = [];
  const client = {
    started: (weight: number) => void works.push(['started', weight]),
    finished: (weight: number) => void works.push(['finished', weight]),
  };
  return { client, works, logFields: { client: 'ann' } };
}

const packet = (event: string, ...args: unknown[]): EventPacket => ({
  type: PacketType.EVENT,
  nsp: '/chat',
  data: [event, ...args],
});

describe('the event handlers of a namespace', () => {
  it('come before those of the wildcard namespace, its catch-all handler included', () => {
    const common = handling();
    const { handlers } = handling(common.namespace);
    const seen: string[] = [];
    common.handlers.table.set('say', () => void seen.push('common say'));
    common.handlers.table.set('sing', () => void seen.push('common sing'));
    handlers.table.set('say', () => void seen.push('say'));
    const events = ['say', 'sing', 'shout'];
    const handle = (event: string): boolean => handlers.handle(fakeSocket(), packet(event), 0);
    expect(events.map(handle)).toEqual([true, true, false]);
    expect(events.map((event) => [handlers.handles(event), handlers.names(event)])).toEqual([
      [true, true],
      [true, true],
      [false, false],
    ]);
    handlers.table.set('*', ({ logFields }) => void seen.push(`any of ${logFields.client}`));
    expect(events.map(handle)).toEqual([true, true, true]);
    expect(events.map((event) => handlers.names(event))).toEqual([true, true, false]);
    expect(seen).toEqual(['say', 'common sing', 'say', 'any of ann', 'any of ann']);
  });

  it('count as work of the client while they run: 256 bytes and the weight of the event', async () => {
    const { handlers, running } = handling();
    const socket = fakeSocket();
    handlers.table.set('say', () => Promise.resolve());
    handlers.handle(socket, packet('say', 'hello'), 12);
    expect(socket.works).toEqual([['started', 268]]);
    await Promise.all(running);
    expect(socket.works).toEqual([
      ['started', 268],
      ['finished', 268],
    ]);
    handlers.handle(
      socket,
      packet(
        'say',
        Array.from({ length: 1_000 }, () => []),
      ),
      3_000,
    );
    expect(socket.works.at(-1)?.[1]).toBeGreaterThan(3_256);
    await Promise.all(running);
  });

  it('may throw or reject, which is reported without the name of the event if only a catch-all handler gets it', async () => {
    const { handlers, failures, running } = handling();
    const error = new Error('failed');
    handlers.table.set('say', () => {
      throw error;
    });
    handlers.table.set('*', () => Promise.reject(error));
    const socket = fakeSocket();
    handlers.handle(socket, packet('say'), 0);
    handlers.handle(socket, packet('sing'), 0);
    await Promise.all(running);
    expect(failures).toEqual([
      ['the handler of "say"', error, { client: 'ann', event: 'say' }, 'the handler of "say"'],
      ['the handler of "sing"', error, { client: 'ann', event: 'sing' }, 'the catch-all handler'],
    ]);
    expect(socket.works.map(([what]) => what)).toEqual(['started', 'finished']);
  });

  it('answer an event without a handler only if the namespace or the wildcard namespace says so', () => {
    const common = handling();
    const { handlers, namespace } = handling(common.namespace);
    const answer = { code: 'unknown_event', message: '/chat has no handler for the event "say"' };
    expect(handlers.unhandled('say')).toBeNull();
    namespace.answersUnknownEvents = true;
    expect(handlers.unhandled('say')).toEqual(answer);
    namespace.answersUnknownEvents = false;
    common.namespace.answersUnknownEvents = true;
    expect(handlers.unhandled('say')).toEqual(answer);
    expect(handlers.table.unhandled).toBe(3);
  });

  it('are not copied from a parent for events that have one, which is logged', () => {
    const [{ handlers, logger }, parent] = [handling(), handling()];
    handlers.table.set('say', say);
    parent.handlers.table.set('say', other);
    handlers.inherit(parent.handlers, '/parent');
    expect(handlers.table.get('say')).toBe(say);
    expect(logger.errors.map(([line]) => line)).toEqual([
      '"/chat" is served by several patterns that handle "say": the handler of /parent is left out',
    ]);
  });
});
