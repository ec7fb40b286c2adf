import type { Scenario } from '../scenario.js';

export const BROADCAST_OPERATOR: readonly Scenario[] = [
  {
    name: 'each link of a chain is a new value, and the links before it keep their meaning',
    covers: ['BroadcastOperator: to', 'BroadcastOperator: in', 'BroadcastOperator: except'],
    async run(stage) {
      const [, a] = await stage.join('a');
      const [, b] = await stage.join('b');
      void a.join('x');
      void b.join('y');
      const x = stage.io.to('x');
      const both = x.in('y');
      const none = both.except('x').except('y');
      x.emit('x');
      both.emit('both');
      none.emit('none');
      x.emit('x again');
      await stage.settle();
    },
  },
  {
    name: 'a client in several of the rooms gets an event once',
    covers: ['BroadcastOperator: to', 'BroadcastOperator: emit'],
    async run(stage) {
      const [, a] = await stage.join('a');
      void a.join(['x', 'y', 'z']);
      stage.log('server', 'emit', stage.io.to('x').to(['y', 'z']).to(a.id).emit('once'));
      await stage.settle();
    },
  },
  {
    name: 'events arrive in the order in which they were emitted, whatever the chain',
    covers: ['BroadcastOperator: emit', 'Socket: emit'],
    async run(stage) {
      const [, a] = await stage.join('a');
      const [, b] = await stage.join('b');
      void a.join('x');
      for (let n = 0; n < 3; n++) {
        stage.io.emit('all', n);
        a.emit('one', n);
        stage.io.to('x').emit('room', n);
        b.broadcast.emit('others', n, Buffer.from([n]));
        stage.io.local.compress(false).emit('local', n);
      }
      await stage.settle();
    },
  },
  {
    name: '`compress`, `local` and `volatile` in the middle of a chain',
    covers: ['BroadcastOperator: compress', 'BroadcastOperator: local', 'BroadcastOperator: volatile'],
    async run(stage) {
      const [, a] = await stage.join('a');
      void a.join('x');
      await stage.join('b');
      await stage.settle();
      stage.io.to('x').volatile.emit('volatile');
      await stage.settle();
      stage.io.to('x').local.compress(true).emit('rest');
      await stage.settle();
    },
  },
  {
    name: '`timeout().emit` passes an error and the answers that came when one client does not answer',
    covers: ['BroadcastOperator: timeout', 'BroadcastOperator: emit'],
    async run(stage) {
      const [a] = await stage.join('a');
      await stage.join('silent');
      a.on('ask', (ack: (answer: string) => void) => ack('a'));
      stage.io.timeout(250).emit('ask', (error: Error | null, answers: unknown) => {
        stage.log('server', 'answers', error instanceof Error, answers);
      });
      await stage.until('server', 'answers');
    },
  },
  {
    name: '`timeout().emitWithAck` resolves with the answers',
    covers: ['BroadcastOperator: emitWithAck', 'BroadcastOperator: timeout'],
    async run(stage) {
      const [a] = await stage.join('a');
      const [b] = await stage.join('b');
      a.on('ask', (n: number, ack: (n: number) => void) => ack(n));
      b.on('ask', (n: number, ack: (n: number, more: string) => void) => ack(n, 'dropped'));
      stage.log('server', 'answers', await stage.io.timeout(1_000).emitWithAck('ask', 5));
      stage.log('server', 'none', await stage.io.to('nowhere').timeout(1_000).emitWithAck('ask', 5));
    },
  },
  {
    name: '`timeout().emitWithAck` rejects with the answers that came',
    covers: ['BroadcastOperator: emitWithAck'],
    async run(stage) {
      const [a] = await stage.join('a');
      await stage.join('silent');
      a.on('ask', (ack: (answer: string) => void) => ack('a'));
      try {
        await stage.io.timeout(250).emitWithAck('ask');
      } catch (error) {
        stage.log('server', 'rejected', error instanceof Error, (error as { responses?: unknown }).responses);
      }
    },
  },
  {
    name: 'an answer that comes after the timeout is ignored, and only the first answer counts',
    covers: ['BroadcastOperator: emitWithAck', 'BroadcastOperator: emit'],
    async run(stage) {
      const [a] = await stage.join('a');
      a.on('twice', (ack: (answer: number) => void) => {
        ack(1);
        ack(2);
      });
      const late = new Promise<void>((resolve) => {
        a.on('late', (ack: (answer: number) => void) => setTimeout(() => resolve(ack(1)), 60));
      });
      stage.io.timeout(1_000).emit('twice', (_error: Error | null, answers: unknown) => {
        stage.log('server', 'twice', answers);
      });
      await stage.until('server', 'twice');
      stage.io.timeout(20).emit('late', (error: Error | null, answers: unknown) => {
        stage.log('server', 'late', error instanceof Error, answers);
      });
      await late;
      await stage.settle();
    },
  },
  {
    name: '`fetchSockets`, `allSockets` and the bulk methods of a chain',
    covers: [
      'BroadcastOperator: fetchSockets',
      'BroadcastOperator: allSockets',
      'BroadcastOperator: socketsJoin',
      'BroadcastOperator: socketsLeave',
      'BroadcastOperator: disconnectSockets',
    ],
    async run(stage) {
      const [, a] = await stage.join('a');
      const [, b] = await stage.join('b');
      const [, c] = await stage.join('c');
      void a.join('x');
      void b.join(['x', 'y']);
      const ids = async (chain: { fetchSockets(): Promise<{ id: string }[]> }): Promise<string[]> => {
        const found = new Set((await chain.fetchSockets()).map(({ id }) => id));
        return [a, b, c].map(({ id }) => id).filter((id) => found.has(id));
      };
      stage.log('server', 'x', await ids(stage.io.in('x')));
      stage.log('server', 'x without y', await ids(stage.io.in('x').except('y')));
      stage.log('server', 'without x', await ids(stage.io.except('x')));
      stage.log('server', 'allSockets', await stage.io.in('y').allSockets());
      stage.io.in('x').except('y').socketsJoin(['z', 'w']);
      stage.log('server', 'joined', a.rooms, b.rooms);
      stage.io.in('x').socketsLeave('x');
      stage.log('server', 'left', a.rooms, b.rooms);
      stage.watchEnd(b);
      stage.io.in('y').disconnectSockets(true);
      await stage.until('b', 'disconnected');
      stage.io.except('z').disconnectSockets();
      await stage.until('c', 'disconnected');
      stage.log('server', 'left over', await ids(stage.io.local));
    },
  },
  {
    name: '`to([])` and `in([])`',
    covers: ['BroadcastOperator: to'],
    async run(stage) {
      await stage.join('a');
      stage.io.to([]).emit('to nothing');
      stage.log('server', 'selected', (await stage.io.in([]).fetchSockets()).length);
      await stage.settle();
    },
    different: {
      because: 'a list of rooms that turns out to be empty must not become a broadcast to all clients',
      theirs: ['server: selected 1', 'a: connected', "a: event 'to nothing'"],
      ours: ['server: selected 0', 'a: connected'],
    },
  },
  {
    name: 'an acknowledgement without `timeout`',
    covers: ['BroadcastOperator: emit', 'BroadcastOperator: emitWithAck', 'Server: emit'],
    async run(stage) {
      const [a] = await stage.join('a');
      a.on('ask', (ack: (answer: string) => void) => setTimeout(() => ack('yes'), 20));
      stage.io.emit('ask', (error: Error | null, answers: unknown) => {
        stage.log('server', 'emit', error instanceof Error, answers);
      });
      await stage.until('server', 'emit');
    },
    different: {
      because: 'this server waits for `ackTimeout`; in Socket.IO the emit fails after a millisecond',
      theirs: ['server: emit true []', 'a: connected', "a: event 'ask'"],
      ours: ["server: emit false [ 'yes' ]", 'a: connected', "a: event 'ask'"],
    },
  },
];
