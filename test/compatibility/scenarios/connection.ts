import type { Scenario } from '../scenario.js';

/** A packet of Engine.IO, without the options that the server adds to it. */
const show = ({ type, data }: { type: string; data?: unknown }): unknown[] => [type, data];

export const CONNECTION: readonly Scenario[] = [
  {
    name: '`protocol`, `readyState`, `remoteAddress`, `transport` and the flags of an upgrade',
    covers: [
      'socket.conn: protocol',
      'socket.conn: readyState',
      'socket.conn: remoteAddress',
      'socket.conn: transport',
      'socket.conn: upgrading',
      'socket.conn: upgraded',
      'Client: conn',
    ],
    async run(stage) {
      const [a, { conn }] = await stage.join('a');
      const { upgrading, upgraded } = conn as unknown as { upgrading: boolean; upgraded: boolean };
      stage.log('server', 'conn', conn.protocol, conn.readyState, conn.remoteAddress, upgrading, upgraded);
      await stage.settle();
      stage.log('server', 'transport', conn.transport.name, conn.transport.writable);
      const closed = new Promise<void>((resolve) => {
        conn.on('close', (reason, ...rest: unknown[]) => {
          stage.log('server', 'close', reason, ...rest);
          resolve();
        });
      });
      a.disconnect();
      await closed;
      stage.log('server', 'state', conn.readyState);
    },
  },
  {
    name: '`send` and `write` send messages, with a callback',
    covers: ['socket.conn: send', 'socket.conn: write'],
    async run(stage) {
      const { conn } = await stage.rawConnection('w');
      await stage.settle();
      stage.log('server', 'chains', conn.send('text') === conn, conn.write(Buffer.from([1, 2])) === conn);
      const sent = new Promise<void>((resolve) => {
        conn.send('last', undefined, (transport: { name: string }) => {
          stage.log('server', 'sent', transport.name);
          resolve();
        });
      });
      await sent;
      await stage.settle();
    },
  },
  {
    name: '`send(null)`',
    covers: ['socket.conn: send'],
    async run(stage) {
      const { conn } = await stage.rawConnection('w');
      conn.send(null);
      conn.send('after');
      await stage.settle();
    },
    different: {
      because: 'a Socket.IO client cannot read an empty message, and disconnects',
      theirs: ["w: message '4'", "w: message '4after'"],
      ours: ["w: message '4after'"],
    },
  },
  {
    name: '`packet`, `packetCreate`, `data`, `message`, `flush` and `drain`',
    covers: ['socket.conn: on'],
    async run(stage) {
      const [a, socket] = await stage.join('a');
      const { conn } = socket;
      await stage.settle();
      conn.on('packet', (packet) => stage.log('server', 'packet', ...show(packet)));
      conn.on('data', (data) => stage.log('server', 'data', data));
      conn.on('message', (data) => stage.log('server', 'message', data));
      conn.on('packetCreate', (packet) => stage.log('server', 'packetCreate', ...show(packet)));
      a.emit('up', 1);
      await stage.until('server', 'message');
      conn.once('flush', (packets: { type: string; data?: unknown }[]) => {
        stage.log('server', 'flush', packets.map(show));
      });
      conn.once('drain', () => stage.log('server', 'drain'));
      socket.emit('down', 2);
      await stage.until('server', 'drain');
    },
  },
  {
    name: '`close` sends what was emitted before, and ends with `forced close`',
    covers: ['socket.conn: close'],
    async run(stage) {
      const [, socket] = await stage.join('a');
      await stage.settle();
      stage.watchEnd(socket);
      socket.emit('last');
      socket.conn.close();
      await stage.until('server', 'disconnect ');
      await stage.until('a', 'disconnected');
    },
  },
  {
    name: '`transport.socket` is the WebSocket, and `upgrades` of the engine',
    covers: ['socket.conn: transport', 'io.engine: upgrades'],
    async run(stage) {
      const [, { conn }] = await stage.join('a');
      const { socket } = conn.transport as unknown as { socket: { readyState: number } };
      stage.log('server', 'WebSocket', socket.readyState);
      stage.log('server', 'upgrades', typeof (stage.io.engine as { upgrades?: unknown }).upgrades);
    },
    different: {
      because: 'there is no other transport to upgrade to',
      theirs: ['server: WebSocket 1', "server: upgrades 'function'", 'a: connected'],
      ours: ['server: WebSocket 1', "server: upgrades 'undefined'", 'a: connected'],
    },
  },
];
