/**
 * An application written for Socket.IO, after the patterns in its documentation. types.spec.ts compiles it against
 * `socket.io`, and again with this import mapped to `nest-socketio`.
 */
import { createServer } from 'node:http';
import {
  type BroadcastOperator,
  type DefaultEventsMap,
  type DisconnectReason,
  type Event,
  type ExtendedError,
  type Namespace,
  type RemoteSocket,
  Server,
  type ServerOptions,
  Socket,
} from 'socket.io';

// Typed events

interface Message {
  readonly id: number;
  readonly author: string;
  readonly text: string;
}

interface ClientToServerEvents {
  'chat message': (text: string, done: (result: { id: number } | { error: string }) => void) => void;
  typing: () => void;
  'room:join': (room: string, done?: (members: number) => void) => void;
  upload: (file: Buffer, done: (error: Error | null, size?: number) => void) => void;
}

interface ServerToClientEvents {
  'chat message': (message: Message) => void;
  typing: (author: string) => void;
  'are you there': (since: Date, answer: (yes: boolean) => void) => void;
  notice: (text: string, level?: 'info' | 'warning') => void;
}

interface InterServerEvents {
  'cache:clear': (key: string) => void;
  load: (answer: (load: number) => void) => void;
}

interface SocketData {
  user: { id: string; name: string };
  messages: number;
}

type ChatServer = Server<ClientToServerEvents, ServerToClientEvents, InterServerEvents, SocketData>;
type ChatSocket = Socket<ClientToServerEvents, ServerToClientEvents, InterServerEvents, SocketData>;

// Set-up

const options: Partial<ServerOptions> = {
  path: '/chat/',
  pingInterval: 10_000,
  pingTimeout: 5_000,
  maxHttpBufferSize: 1e8,
  connectTimeout: 30_000,
  transports: ['websocket'],
  cors: { origin: ['https://example.com', /\.example\.com$/], methods: ['GET', 'POST'], credentials: true },
  perMessageDeflate: { threshold: 2_048, zlibDeflateOptions: { level: 3 } },
  cleanupEmptyChildNamespaces: true,
  allowRequest: (request, callback) => callback(null, request.headers.origin === undefined),
};

export const httpServer = createServer();
export const io: ChatServer = new Server<ClientToServerEvents, ServerToClientEvents, InterServerEvents, SocketData>(
  httpServer,
  options,
);
export const later = new Server();
later.listen(3000, { cors: { origin: '*' }, pingTimeout: 5_000 });
later.attach(httpServer).path('/other').connectTimeout(1_000);

// Authentication

const sessions = new Map<string, SocketData['user']>();

io.use((socket, next) => {
  const token: string | undefined = socket.handshake.auth['token'];
  const user = sessions.get(token ?? '');
  if (user === undefined) {
    const error: ExtendedError = new Error('not authorized');
    error.data = { content: 'please retry later' };
    return next(error);
  }
  socket.data = { user, messages: 0 };
  next();
});

const logged = (socket: ChatSocket, next: (error?: ExtendedError) => void): void => {
  console.log(socket.handshake.address, socket.handshake.query['page'], socket.handshake.headers['x-page']);
  next();
};
io.use(logged).use(async (socket, next) => {
  await socket.join('everybody');
  next();
});

// A chat

let ids = 0;
const history: Message[] = [];

function registerChat(server: ChatServer, socket: ChatSocket): void {
  socket.on('chat message', (text, done) => {
    if (text.trim() === '') return done({ error: 'empty' });
    const message: Message = { id: ++ids, author: socket.data.user.name, text };
    socket.data.messages++;
    history.push(message);
    server.emit('chat message', message);
    done({ id: message.id });
  });
  socket.on('typing', () => socket.broadcast.volatile.emit('typing', socket.data.user.name));
  socket.on('room:join', async (room, done) => {
    await socket.join([room, `${room}:log`]);
    socket.to(room).except('muted').emit('notice', `${socket.data.user.name} is here`);
    const members = await server.in(room).fetchSockets();
    done?.(members.length);
  });
  socket.on('upload', (file, done) => {
    try {
      done(null, file.byteLength);
    } catch (error) {
      done(error as Error);
    }
  });
}

const onConnection = (socket: ChatSocket): void => {
  registerChat(io, socket);
  for (const message of history) socket.emit('chat message', message);
  const { id, rooms, data, connected } = socket;
  console.log(id.length, rooms.has(id), data.user.name, connected, socket.disconnected, socket.nsp.name);
  socket.once('typing', () => socket.leave('lurkers'));
  socket.on('disconnecting', (reason) => {
    for (const room of socket.rooms) if (room !== socket.id) socket.to(room).emit('notice', `left: ${reason}`, 'info');
  });
  socket.on('disconnect', (reason: DisconnectReason, details) => {
    if (reason === 'transport error' && details) console.log(details.message, details.context?.status);
  });
};
io.on('connection', onConnection);
io.on('connect', async (socket) => console.log((await socket.emitWithAck('are you there', new Date())) ? 'yes' : 'no'));

// Acknowledgements

export async function whoIsThere(socket: ChatSocket): Promise<number> {
  socket.emit('are you there', new Date(), (yes) => console.log(yes ? 'yes' : 'no'));
  socket.timeout(5_000).emit('are you there', new Date(), (error, yes) => {
    if (error) console.error(error.message);
    else console.log(yes ? 'yes' : 'no');
  });
  try {
    const yes: boolean = await socket.timeout(1_000).emitWithAck('are you there', new Date());
    console.log(yes);
  } catch (error) {
    console.error(error);
  }
  io.timeout(1_000).emit('are you there', new Date(), (error, answers) => {
    if (error) console.error(error);
    else console.log(answers.filter((yes) => yes).length);
  });
  io.to('room')
    .timeout(1_000)
    .emit('are you there', new Date(), (_error, answers) => console.log(answers.every(Boolean)));
  const answers = await io.timeout(1_000).to(['room', 'other']).emitWithAck('are you there', new Date());
  return answers.filter((yes) => yes).length;
}

// Middlewares of events, listeners of all events

const count = (event: Event, next: (error?: Error) => void): void => {
  console.log(event[0], event.length);
  next();
};
const listener = (event: string, ...args: unknown[]): void => console.log(event, args);

export function watch(socket: ChatSocket): void {
  socket.use(([event, ...args], next) => {
    if (event === 'upload' && args[0].byteLength > 1e6) return next(new Error('too large'));
    next();
  });
  socket.use(count);
  socket.on('error', (error) => {
    if (error.message === 'too large') socket.disconnect();
  });
  socket.onAny(listener).prependAny(listener).offAny(listener);
  socket.onAnyOutgoing((event, ...args) => console.log(event, args.length)).offAnyOutgoing();
  console.log(socket.listenersAny().length, socket.listenersAnyOutgoing().length);
  socket.removeAllListeners('typing');
  socket.off('error', console.error).removeListener('error', console.error);
}

// Flags

export function flags(socket: ChatSocket): void {
  socket.volatile.emit('notice', 'perhaps');
  socket.compress(false).emit('notice', 'plain');
  socket.local.emit('notice', 'others of this server');
  socket.volatile.to('room').emit('notice', 'perhaps');
  socket.broadcast.to('room').except(['a', 'b']).compress(true).emit('notice', 'x', 'warning');
  io.volatile.local.compress(false).emit('notice', 'x');
  // oxlint-disable-next-line typescript/no-explicit-any -- as in untyped code
  const room: BroadcastOperator<DefaultEventsMap, any> = later.to('room');
  room.emit('notice', 'x');
}

// Sockets of a cluster

export async function administer(): Promise<void> {
  const sockets = await io.fetchSockets();
  for (const socket of sockets) {
    console.log(socket.id, socket.handshake.url, socket.rooms.size, socket.data.user.name);
    socket.emit('notice', 'restart');
    socket.join('restarting');
    socket.leave('idle');
    console.log(await socket.timeout(1_000).emitWithAck('are you there', new Date()));
    socket.disconnect(true);
  }
  const first: RemoteSocket<ServerToClientEvents, SocketData> | undefined = sockets[0];
  console.log(first?.data.messages);
  io.in('room').socketsJoin(['a', 'b']);
  io.socketsLeave('a');
  io.in('b').disconnectSockets(true);
  io.serverSideEmit('cache:clear', 'users');
  io.serverSideEmit('load', (error, loads) => console.log(error, Math.max(...loads)));
  const loads: number[] = await io.serverSideEmitWithAck('load');
  console.log(loads.length);
}
io.on('cache:clear', (key) => sessions.delete(key));
io.on('load', (answer) => answer(sessions.size));

// Namespaces

const admin: Namespace<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, { role: string }> = later.of('/admin');
admin.use((socket, next) => next(socket.data.role === 'admin' ? undefined : new Error('no')));
admin.on('connection', (socket) => {
  socket.on('order:list', (callback) => callback([1, 2]));
  socket.on('order:create', (payload: { amount: number }, callback: (result: { status: string }) => void) => {
    callback({ status: payload.amount > 0 ? 'OK' : 'NOK' });
  });
  socket.emit('hello', 1, '2', { 3: Buffer.from([4]) });
  socket.nsp.emit('anything', admin.sockets.size, admin.name);
});

const tenants = later.of(/^\/tenant-\d+$/);
tenants.on('connection', (socket: Socket) => socket.nsp.emit('hello', socket.nsp.name));
later.of(
  (name, auth, next) => next(null, auth['token'] === 'secret' && name.startsWith('/private')),
  (socket) => socket.send('welcome'),
);
later.on('new_namespace', (namespace) => console.log(namespace.name, namespace.sockets.size));
later.to('a').to('b').in('c').except('d').emit('untyped', 1, [2], { three: 3 });
later.timeout(5).emit('untyped', (error: Error, answers: string[]) => console.log(error, answers));

// Untyped, wrapped in a class

export class Room {
  readonly #server: Server;
  readonly #members = new Map<string, Socket>();

  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket: Socket) => this.enter(socket));
  }

  enter(socket: Socket): void {
    this.#members.set(socket.id, socket);
    socket.data.joined = Date.now();
    socket.on('say', (text: string) => this.#server.emit('said', { from: socket.id, text }));
    socket.on('*', (...args) => console.log(args.length));
    socket.on('disconnect', () => this.#members.delete(socket.id));
  }

  async ask(id: string): Promise<string> {
    return (await this.#members.get(id)?.timeout(1_000).emitWithAck('name?')) ?? 'nobody';
  }

  get size(): number {
    return [...this.#members.values()].filter((socket) => socket instanceof Socket).length;
  }
}

export async function end(): Promise<void> {
  await io.close();
  await later.close((error) => console.log(error?.message));
  later.httpServer.close();
  console.log(later.path().length, later.connectTimeout(), typeof later.adapter());
}
