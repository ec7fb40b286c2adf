import type { Scenario } from '../scenario.js';
import type { Stage } from '../stage.js';

/** The methods of an EventEmitter, on each object that has them. */
interface Emitter {
  on(event: string, call: (...args: unknown[]) => void): unknown;
  once(event: string, call: (...args: unknown[]) => void): unknown;
  off(event: string, call: (...args: unknown[]) => void): unknown;
  addListener(event: string, call: (...args: unknown[]) => void): unknown;
  removeListener(event: string, call: (...args: unknown[]) => void): unknown;
  prependListener(event: string, call: (...args: unknown[]) => void): unknown;
  prependOnceListener(event: string, call: (...args: unknown[]) => void): unknown;
  removeAllListeners(event?: string): unknown;
  listeners(event: string): unknown[];
  rawListeners(event: string): unknown[];
  listenerCount(event: string): number;
  eventNames(): (string | symbol)[];
  setMaxListeners(count: number): unknown;
  getMaxListeners(): number;
}

const rowsOf = (names: readonly string[]): string[] => names.map((name) => `Listeners: ${name}`);

/** The methods that return the object itself. */
const CHAINED = rowsOf([
  'on',
  'once',
  'off',
  'addListener',
  'removeListener',
  'prependListener',
  'prependOnceListener',
  'removeAllListeners',
  'setMaxListeners',
]);

/** The methods that return something else. */
const QUERIES = rowsOf(['listeners', 'rawListeners', 'listenerCount', 'eventNames', 'getMaxListeners']);

type Place = readonly [name: string, of: (stage: Stage) => unknown];

/** The objects that have these methods. */
const PLACES: readonly Place[] = [
  ['Server', (stage) => stage.io],
  ['Namespace', (stage) => stage.io.of('/chat')],
  ['ParentNamespace', (stage) => stage.io.of(/^\/x/)],
  ['Socket', async (stage) => (await stage.join('a'))[1]],
  ['io.engine', (stage) => stage.io.engine],
  ['socket.conn', async (stage) => (await stage.join('a'))[1].conn],
];

/** Socket.IO calls these methods of a server on its namespace "/", and returns that. */
const SERVER_RETURNS: NonNullable<Scenario['different']> = {
  because: 'a method of the server returns the server, where Socket.IO returns its namespace "/"',
  theirs: [
    'server: chains false false false false false',
    "server: order [ 'two', 'three', 'one', 'two', 'one' ] 5",
    'server: raw true 5',
    'server: names true 1',
    'server: chains false false',
    "server: left [ 'two', 'three', 'one' ]",
    'server: unknown false 0',
    'server: chains false []',
    'server: most 10 false',
    'server: most 3',
  ],
  ours: [
    'server: chains true true true true true',
    "server: order [ 'two', 'three', 'one', 'two', 'one' ] 5",
    'server: raw true 5',
    'server: names true 1',
    'server: chains true true',
    "server: left [ 'two', 'three', 'one' ]",
    'server: unknown true 0',
    'server: chains true []',
    'server: most 10 true',
    'server: most 3',
  ],
};

export const LISTENERS: readonly Scenario[] = PLACES.map((place) => methodsOn(place));

function methodsOn([name, of]: Place): Scenario {
  const scenario: Scenario = {
    name: `the methods of an EventEmitter on ${name}`,
    covers: [...CHAINED, ...QUERIES],
    async run(stage) {
      const emitter = (await of(stage)) as Emitter;
      const [one, two, three] = [() => {}, () => {}, () => {}];
      const names = (event: string): string[] =>
        emitter.listeners(event).map((call) => (call === one ? 'one' : call === two ? 'two' : 'three'));
      const before = emitter.eventNames().length;
      stage.log(
        'server',
        'chains',
        emitter.on('own', one) === emitter,
        emitter.addListener('own', two) === emitter,
        emitter.prependListener('own', three) === emitter,
        emitter.once('own', one) === emitter,
        emitter.prependOnceListener('own', two) === emitter,
      );
      stage.log('server', 'order', names('own'), emitter.listenerCount('own'));
      const [raw] = emitter.rawListeners('own') as { listener?: unknown }[];
      stage.log('server', 'raw', raw?.listener === two, emitter.rawListeners('own').length);
      stage.log('server', 'names', emitter.eventNames().includes('own'), emitter.eventNames().length - before);
      stage.log(
        'server',
        'chains',
        emitter.off('own', one) === emitter,
        emitter.removeListener('own', two) === emitter,
      );
      stage.log('server', 'left', names('own'));
      stage.log('server', 'unknown', emitter.off('own', () => {}) === emitter, emitter.listenerCount('other'));
      stage.log('server', 'chains', emitter.removeAllListeners('own') === emitter, names('own'));
      stage.log('server', 'most', emitter.getMaxListeners(), emitter.setMaxListeners(3) === emitter);
      stage.log('server', 'most', emitter.getMaxListeners());
    },
  };
  return name === 'Server' ? { ...scenario, covers: CHAINED, different: SERVER_RETURNS } : scenario;
}

export const LISTENER_CALLS: readonly Scenario[] = [
  {
    name: 'listeners of a socket are called in order, `once` once, with all arguments',
    covers: ['Listeners: on', 'Listeners: once', 'Listeners: prependListener', 'Listeners: off'],
    async run(stage) {
      const [a, socket] = await stage.join('a');
      const second = (...args: unknown[]): void => stage.log('server', 'second', ...args);
      socket.on('e', second);
      socket.once('e', (...args: unknown[]) => stage.log('server', 'once', ...args));
      socket.prependListener('e', (...args: unknown[]) => stage.log('server', 'first', ...args));
      a.emit('e', 1, { two: 2 });
      a.emit('e');
      await stage.settle();
      socket.off('e', second);
      a.emit('e', 3);
      await stage.settle();
    },
  },
  {
    name: 'a listener is called with the socket as `this`',
    covers: ['Listeners: on'],
    async run(stage) {
      const [a, socket] = await stage.join('a');
      socket.on('e', function (this: unknown) {
        stage.log('server', 'this', this === socket);
      });
      a.emit('e');
      await stage.settle();
    },
  },
  {
    name: 'a listener that removes another one while an event is handled',
    covers: ['Listeners: removeListener'],
    async run(stage) {
      const [a, socket] = await stage.join('a');
      const other = (): void => stage.log('server', 'other');
      socket.on('e', () => {
        stage.log('server', 'first');
        socket.removeListener('e', other);
      });
      socket.on('e', other);
      a.emit('e');
      a.emit('e');
      await stage.settle();
    },
  },
  {
    name: 'a number as the name of an event',
    covers: ['Listeners: on', 'Socket: emit'],
    async run(stage) {
      const [, socket] = await stage.join('a');
      socket.emit(7 as never, 'down');
      const ws = await stage.raw('w');
      ws.send('40');
      await stage.until('w', 'message');
      for (const one of stage.io.of('/').sockets.values()) {
        one.on('7', (...args: unknown[]) => stage.log('server', '7', ...args));
      }
      ws.send('42[7,"up"]');
      await stage.settle();
    },
  },
];
