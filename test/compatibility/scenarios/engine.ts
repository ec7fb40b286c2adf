import { createServer } from 'node:http';
import type { Scenario } from '../scenario.js';

export const ENGINE: readonly Scenario[] = [
  {
    name: '`clientsCount` and `clients` follow the connections',
    covers: ['io.engine: clientsCount'],
    async run(stage) {
      const { engine } = stage.io as unknown as { engine: { clientsCount: number; clients: Record<string, unknown> } };
      stage.log('server', 'count', engine.clientsCount, Object.keys(engine.clients).length);
      const [a, socket] = await stage.join('a');
      await stage.join('b');
      const { id } = socket.conn as unknown as { id: string };
      stage.log('server', 'count', engine.clientsCount, engine.clients[id] === socket.conn);
      stage.log('server', 'keys', Object.keys(engine.clients).length);
      const closed = new Promise<void>((resolve) => void socket.conn.on('close', () => resolve()));
      a.io.engine.close();
      await closed;
      await stage.settle();
      await stage.poll(() => engine.clientsCount === 1);
      stage.log('server', 'count', engine.clientsCount, id in engine.clients);
    },
  },
  {
    name: '`opts` has the options in force',
    covers: ['io.engine: opts', 'Server: engine'],
    options: { pingInterval: 9_000, perMessageDeflate: { threshold: 99 } },
    run(stage) {
      const { pingInterval, pingTimeout, maxHttpBufferSize } = stage.io.engine.opts;
      stage.log('server', 'opts', pingInterval, pingTimeout, maxHttpBufferSize);
      stage.log('server', 'transports', stage.io.engine.opts.transports);
    },
  },
  {
    name: '`generateId` gives the id of a connection',
    covers: ['io.engine: generateId'],
    async run(stage) {
      let count = 0;
      stage.io.engine.generateId = (request) => {
        stage.log('server', 'asked', request.url?.startsWith('/socket.io/'));
        return Promise.resolve(`own-${++count}`);
      };
      const [a, socket] = await stage.join('a');
      stage.log('server', 'id', (socket.conn as unknown as { id: string }).id, a.io.engine.id);
    },
  },
  {
    name: '`use` runs middlewares on the request, in order, and they can add to it',
    covers: ['io.engine: use'],
    async run(stage) {
      for (const step of [1, 2]) {
        stage.io.engine.use((request: Record<string, unknown>, response: { setHeader: unknown }, next: () => void) => {
          request[`step${step}`] = step;
          stage.log('server', 'middleware', step, typeof response.setHeader);
          next();
        });
      }
      const [, socket] = await stage.join('a');
      const request = socket.request as unknown as Record<string, unknown>;
      stage.log('server', 'request', request['step1'], request['step2']);
    },
  },
  {
    name: 'a middleware of the engine refuses',
    covers: ['io.engine: use', 'io.engine: on'],
    async run(stage) {
      stage.io.engine.on('connection_error', ({ code, message, context }) => {
        stage.log('server', 'connection_error', code, message, context.name);
      });
      stage.io.engine.use((_request: unknown, _response: unknown, next: (error: Error) => void) =>
        next(new Error('no')),
      );
      stage.client('a');
      await stage.until('a', 'refused');
    },
  },
  {
    name: '`initial_headers` and `headers` add to the answer',
    covers: ['io.engine: on'],
    async run(stage) {
      for (const event of ['initial_headers', 'headers']) {
        stage.io.engine.on(event, (headers: Record<string, string>, request: { url?: string }) => {
          stage.log('server', event, request.url?.startsWith('/socket.io/'));
          headers[`x-${event}`] = 'yes';
        });
      }
      const upgraded = stage.handshakes('w');
      await stage.raw('w');
      const { headers } = await upgraded;
      stage.log('w', 'headers', headers['x-initial_headers'], headers['x-headers']);
    },
  },
  {
    name: '`connection`, `flush` and `drain` of the engine',
    covers: ['io.engine: on'],
    async run(stage) {
      stage.io.engine.on('connection', (connection: { readyState: string }) => {
        stage.log('server', 'connection', connection.readyState);
      });
      await stage.join('a');
      await stage.settle();
      stage.io.engine.once('flush', (_connection: unknown, packets: { type: string; data?: unknown }[]) => {
        stage.log(
          'server',
          'flush',
          packets.map(({ type, data }) => [type, data]),
        );
      });
      stage.io.engine.once('drain', () => stage.log('server', 'drain'));
      stage.io.emit('e', 1);
      await stage.until('server', 'drain');
    },
  },
  {
    name: '`handleRequest` and `handleUpgrade` serve requests that the application passes on',
    covers: ['io.engine: handleRequest', 'io.engine: handleUpgrade'],
    startsItself: true,
    async run(stage) {
      const io = stage.create();
      const other = createServer();
      io.attach(other);
      stage.http.on('request', (request, response) => io.engine.handleRequest(request, response));
      stage.http.on('upgrade', (request, socket, head) => io.engine.handleUpgrade(request, socket, head));
      await stage.listen(io);
      await stage.join('a');
      stage.log('server', 'status', (await fetch(`${stage.url}/socket.io/?EIO=4&transport=polling`)).status);
    },
  },
  {
    name: '`close` of the engine ends all connections',
    covers: ['io.engine: close'],
    async run(stage) {
      const [, socket] = await stage.join('a');
      const ended = new Promise<void>((resolve) => void socket.on('disconnect', () => resolve()));
      stage.io.engine.close();
      await ended;
      await stage.until('a', 'disconnected');
    },
  },
];
