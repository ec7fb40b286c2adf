import type { Scenario } from '../scenario.js';

export const OPTIONS: readonly Scenario[] = [
  {
    name: '`path` of the options, with and without a slash at the end',
    covers: ['Options: path'],
    options: { path: '/live/' },
    async run(stage) {
      stage.log('server', 'path', stage.io.path());
      await stage.join('a', '/', { path: '/live' });
      await stage.join('b', '/', { path: '/live/' });
    },
  },
  {
    name: 'the open packet has `pingInterval`, `pingTimeout` and `maxHttpBufferSize`',
    covers: ['Options: pingInterval', 'Options: pingTimeout', 'Options: maxHttpBufferSize', 'io.engine: opts'],
    options: { pingInterval: 1_234, pingTimeout: 567, maxHttpBufferSize: 89_000 },
    async run(stage) {
      stage.log('w', 'open', await stage.openPacket());
      const { pingInterval, pingTimeout, maxHttpBufferSize } = stage.io.engine.opts;
      stage.log('server', 'opts', pingInterval, pingTimeout, maxHttpBufferSize);
    },
  },
  {
    name: 'a message above `maxHttpBufferSize` ends the connection',
    covers: ['Options: maxHttpBufferSize'],
    options: { maxHttpBufferSize: 200 },
    async run(stage) {
      stage.io.on('connection', (socket) => {
        stage.watchEnd(socket);
        socket.on('big', (text: string) => stage.log('server', 'big', text.length));
      });
      const [a] = await stage.join('a');
      a.emit('big', 'x'.repeat(100));
      await stage.until('server', 'big');
      a.emit('big', 'x'.repeat(300));
      await stage.until('a', 'disconnected');
      await stage.until('server', 'disconnect ');
    },
  },
  {
    name: 'pings are sent, and a client that answers stays',
    covers: ['Options: pingInterval', 'socket.conn: on'],
    options: { pingInterval: 15, pingTimeout: 1_000 },
    async run(stage) {
      const [a, socket] = await stage.join('a');
      let beats = 0;
      await new Promise<void>((resolve) => {
        socket.conn.on('heartbeat', () => {
          if (++beats === 3) resolve();
        });
      });
      stage.log('server', 'connected', socket.connected, a.connected);
    },
  },
  {
    name: '`allowRequest` decides on the request',
    covers: ['Options: allowRequest'],
    options: {
      allowRequest: (request, decide) => {
        decide(request.headers['x-key'] === 'yes' ? null : 'no key', request.headers['x-key'] === 'yes');
      },
    },
    async run(stage) {
      stage.io.engine.on('connection_error', ({ code, message, context }) => {
        stage.log('server', 'connection_error', code, message, context.message);
      });
      await stage.join('a', '/', { extraHeaders: { 'x-key': 'yes' } });
      stage.client('b');
      await stage.until('b', 'refused');
    },
  },
  {
    name: '`cookie` is set with the answer to the handshake',
    covers: ['Options: cookie'],
    options: { cookie: { name: 'io', httpOnly: true, sameSite: 'lax', maxAge: 60 } },
    async run(stage) {
      const cookies = stage.handshakes('w');
      await stage.raw('w');
      stage.log(
        'w',
        'cookies',
        (await cookies).headers['set-cookie']?.map((text) => text.replace(/io=[^;]+/, 'io=ID')),
      );
    },
    different: {
      because: 'Socket.IO sets it with the first answer of long polling; without polling, the 101 is the first answer',
      theirs: ['w: cookies undefined'],
      ours: ["w: cookies [ 'io=ID; Max-Age=60; Path=/; HttpOnly; SameSite=Lax' ]"],
    },
  },
  {
    name: '`initialPacket` is sent right after the open packet',
    covers: ['Options: initialPacket'],
    options: { initialPacket: 'hello' as never },
    async run(stage) {
      const ws = await stage.raw('w');
      await stage.until('w', 'message');
      ws.send('40');
      await stage.until('w', 'message', 2);
    },
  },
  {
    name: '`perMessageDeflate` is negotiated if the client offers it',
    covers: ['Options: perMessageDeflate', 'Socket: compress'],
    options: { perMessageDeflate: { threshold: 10 } },
    async run(stage) {
      const [a, socket] = await stage.join('a');
      const { ws } = a.io.engine.transport as unknown as { ws: { extensions: string } };
      stage.log('a', 'extensions', ws.extensions);
      const bytes = (): number => stage.bytesRead(a);
      const before = bytes();
      socket.emit('big', 'x'.repeat(5_000));
      await stage.settle();
      const between = bytes();
      socket.compress(false).emit('big', 'y'.repeat(5_000));
      await stage.settle();
      stage.log('a', 'compressed', between - before < 1_000, bytes() - between < 1_000);
    },
    different: {
      because: '`compress(false)` has an effect: the engine of Socket.IO 4.8 does not pass it to the WebSocket',
      theirs: [
        'a: connected',
        "a: extensions 'permessage-deflate'",
        "a: event 'big' 'xxxxx...' of 5000",
        "a: event 'big' 'yyyyy...' of 5000",
        'a: compressed true true',
      ],
      ours: [
        'a: connected',
        "a: extensions 'permessage-deflate'",
        "a: event 'big' 'xxxxx...' of 5000",
        "a: event 'big' 'yyyyy...' of 5000",
        'a: compressed true false',
      ],
    },
  },
  {
    name: 'without `perMessageDeflate` nothing is compressed',
    covers: ['Options: perMessageDeflate'],
    async run(stage) {
      const [a] = await stage.join('a');
      stage.log('a', 'extensions', (a.io.engine.transport as unknown as { ws: { extensions: string } }).ws.extensions);
    },
  },
  {
    name: '`parser` encodes and decodes all packets',
    covers: ['Options: parser'],
    options: { parser: await import('socket.io-msgpack-parser') },
    async run(stage) {
      const parser = await import('socket.io-msgpack-parser');
      const [a, socket] = await stage.join('a', '/', { parser });
      socket.on('up', (n: number, ack: (answer: unknown) => void) => ack({ n, list: [1, 'x', null] }));
      a.emit('up', 3, (answer: unknown) => stage.log('a', 'answer', answer));
      socket.emit('down', 1, 'text', { deep: [true] });
      await stage.until('a', 'answer');
      await stage.settle();
    },
  },
  {
    name: '`destroyUpgrade` ends upgrades to other paths after `destroyUpgradeTimeout`',
    covers: ['Options: destroyUpgrade', 'Options: destroyUpgradeTimeout'],
    options: { destroyUpgradeTimeout: 20 },
    async run(stage) {
      await stage.raw('w', '/other');
      await stage.until('w', 'closed');
    },
  },
  {
    name: 'a request for another path reaches the listeners of the HTTP server',
    covers: ['Options: path', 'Server: attach'],
    startsItself: true,
    async run(stage) {
      stage.http.on('request', (request, response) => response.end(`app ${request.url}`));
      const io = stage.create();
      io.attach(stage.http);
      await stage.listen(io);
      for (const path of ['/', '/other/socket.io', '/api?x=1']) {
        stage.log('server', 'answer', await (await fetch(`${stage.url}${path}`)).text());
      }
    },
  },
  {
    name: '`cleanupEmptyChildNamespaces`',
    covers: ['Options: cleanupEmptyChildNamespaces'],
    async run(stage) {
      stage.io.of(/^\/x/);
      const [a, socket] = await stage.join('a', '/x1');
      const gone = new Promise<void>((resolve) => void socket.on('disconnect', () => resolve()));
      a.disconnect();
      await gone;
      await stage.settle();
      stage.log('server', 'is there', stage.io._nsps.has('/x1'));
    },
    different: {
      because: 'clients choose the names of child namespaces, so keeping all of them would be a leak',
      theirs: ['server: is there true', 'a: connected', "a: disconnected 'io client disconnect'"],
      ours: ['server: is there false', 'a: connected', "a: disconnected 'io client disconnect'"],
    },
  },
  {
    name: '`transports`: a client that begins with long polling is refused',
    covers: ['Options: transports'],
    async run(stage) {
      const response = await fetch(`${stage.url}/socket.io/?EIO=4&transport=polling`);
      const { code, message } = (await response.json()) as { code: number; message: string };
      stage.log('server', 'answer', response.status, code, message);
    },
  },
  {
    name: 'bad handshakes get a status and a code',
    covers: ['io.engine: on', 'Options: transports'],
    async run(stage) {
      stage.io.engine.on('connection_error', ({ code, message }) => {
        stage.log('server', 'connection_error', code, message);
      });
      for (const query of [
        'EIO=4&transport=other',
        'EIO=4&transport=websocket&sid=unknown',
        'transport=websocket&EIO=3',
      ]) {
        const response = await fetch(`${stage.url}/socket.io/?${query}`);
        const { code } = (await response.json()) as { code: number };
        stage.log('server', 'answer', response.status, code);
      }
    },
  },
  {
    name: 'a page of another origin',
    covers: ['Options: cors'],
    async run(stage) {
      stage.client('a', '/', { extraHeaders: { Origin: 'https://other.example' } });
      await stage.until('a', '');
      stage.client('b', '/', { extraHeaders: { Origin: stage.url } });
      await stage.until('b', '');
    },
    different: {
      because:
        'any page on the web could otherwise open a WebSocket with the cookies of a user; `cors: { origin }` names the pages that may',
      theirs: ['a: connected', 'b: connected'],
      ours: ["a: refused 'websocket error'", 'b: connected'],
    },
  },
  {
    name: 'a path without the slash at the end',
    covers: ['Options: addTrailingSlash'],
    async run(stage) {
      const ws = await stage.raw('w', '/socket.io?EIO=4&transport=websocket');
      if (ws.readyState === 1) ws.send('40');
      await stage.until('w', '');
    },
    different: {
      because: 'both forms of the path are served',
      theirs: ['w: closed'],
      ours: [`w: message '40{"sid":"..."}'`],
    },
  },
  {
    name: 'the close frame of a connection that the server ends',
    covers: ['Options: connectTimeout'],
    options: { connectTimeout: 20 },
    async run(stage) {
      const ws = await stage.raw('w');
      const code = await new Promise((resolve) => void ws.once('close', resolve));
      stage.log('w', 'code', code);
    },
    different: {
      because: 'the frame has a code (1000 here; 1001 when the server shuts down, 1002 for a breach of the protocol)',
      theirs: ['w: closed', 'w: code 1005'],
      ours: ['w: closed', 'w: code 1000'],
    },
  },
  {
    name: 'unknown options',
    covers: ['Options: path'],
    startsItself: true,
    run(stage) {
      stage.attempt('pingIntervall', () => typeof stage.create({ pingIntervall: 1 } as never));
    },
    different: {
      because: 'a misspelt option is found when the server starts',
      theirs: ["server: pingIntervall 'object'"],
      ours: ['server: pingIntervall throws true'],
    },
  },
];
