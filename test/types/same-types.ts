/**
 * Compares the types that TypeScript infers from the classes of `socket.io` and from ours, member by member, and lists
 * mistakes that both must find. types.spec.ts compiles this file; it never runs.
 */
import type * as nest from 'nest-socketio';
import type * as socketIo from 'socket.io';

interface Listen {
  said: (text: string, done: (length: number) => void) => void;
  left: () => void;
}

interface Emit {
  news: (text: string, urgent?: boolean) => void;
  ask: (question: string, answer: (yes: boolean, why: string) => void) => void;
  try: (answer: (error: Error, result: number) => void) => void;
  nudge: (done: () => void) => void;
  message: (text: string) => void;
}

interface ServerSide {
  clear: (key: string) => void;
  load: (answer: (load: number) => void) => void;
}

interface Data {
  name: string;
}

declare const theirs: {
  io: socketIo.Server<Listen, Emit, ServerSide, Data>;
  nsp: socketIo.Namespace<Listen, Emit, ServerSide, Data>;
  socket: socketIo.Socket<Listen, Emit, ServerSide, Data>;
  remote: socketIo.RemoteSocket<Emit, Data>;
  free: socketIo.Server;
  freeSocket: socketIo.Socket;
};
declare const ours: {
  io: nest.Server<Listen, Emit, ServerSide, Data>;
  nsp: nest.Namespace<Listen, Emit, ServerSide, Data>;
  socket: nest.Socket<Listen, Emit, ServerSide, Data>;
  remote: nest.RemoteSocket<Emit, Data>;
  free: nest.Server;
  freeSocket: nest.Socket;
};

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it defers the comparison until types are identical
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Does not compile if the two types differ. */
declare function same<A, B>(...differ: Same<A, B> extends true ? [] : [A, B]): void;
/** Does not compile if the two types are the same. Marks each intended difference, with its reason. */
declare function differ<A, B>(...same: Same<A, B> extends false ? [] : [A, B]): void;

// Type parameters and their defaults
same<
  typeof theirs.free extends socketIo.Server<infer L, infer E> ? [L, E] : 0,
  [nest.DefaultEventsMap, nest.DefaultEventsMap]
>();
// The events to emit default to those to listen for.
same<Parameters<socketIo.Socket<Listen>['emit']>[0], Parameters<nest.Socket<Listen>['emit']>[0]>();
same<socketIo.DisconnectReason, nest.DisconnectReason>();
same<socketIo.Event, nest.Event>();
same<socketIo.ExtendedError['data'], nest.ExtendedError['data']>();
same<socketIo.DefaultEventsMap[string], nest.DefaultEventsMap[string]>();

// Socket
same<Parameters<typeof theirs.socket.emit<'news'>>, Parameters<typeof ours.socket.emit<'news'>>>();
same<Parameters<typeof theirs.socket.emit<'ask'>>, Parameters<typeof ours.socket.emit<'ask'>>>();
same<Parameters<typeof theirs.freeSocket.emit>, Parameters<typeof ours.freeSocket.emit>>();
same<Parameters<typeof theirs.socket.emitWithAck<'ask'>>, Parameters<typeof ours.socket.emitWithAck<'ask'>>>();
same<ReturnType<typeof theirs.socket.emitWithAck<'ask'>>, ReturnType<typeof ours.socket.emitWithAck<'ask'>>>();
same<ReturnType<typeof theirs.socket.emitWithAck<'try'>>, ReturnType<typeof ours.socket.emitWithAck<'try'>>>();
same<ReturnType<typeof theirs.socket.emitWithAck<'nudge'>>, ReturnType<typeof ours.socket.emitWithAck<'nudge'>>>();
same<ReturnType<typeof theirs.freeSocket.emitWithAck>, ReturnType<typeof ours.freeSocket.emitWithAck>>();
const [theirTimed, ourTimed] = [theirs.socket.timeout(1), ours.socket.timeout(1)];
same<Parameters<typeof theirTimed.emit<'ask'>>, Parameters<typeof ourTimed.emit<'ask'>>>();
same<Parameters<typeof theirTimed.emit<'try'>>, Parameters<typeof ourTimed.emit<'try'>>>();
same<Parameters<typeof theirTimed.emit<'nudge'>>, Parameters<typeof ourTimed.emit<'nudge'>>>();
same<ReturnType<typeof theirTimed.emitWithAck<'ask'>>, ReturnType<typeof ourTimed.emitWithAck<'ask'>>>();
same<ReturnType<typeof theirTimed.emitWithAck<'try'>>, ReturnType<typeof ourTimed.emitWithAck<'try'>>>();
same<Parameters<typeof theirs.socket.send>, Parameters<typeof ours.socket.send>>();
same<Parameters<typeof theirs.socket.on<'said'>>, Parameters<typeof ours.socket.on<'said'>>>();
same<Parameters<typeof theirs.socket.once<'disconnect'>>, Parameters<typeof ours.socket.once<'disconnect'>>>();
same<Parameters<typeof theirs.socket.on<'disconnecting'>>, Parameters<typeof ours.socket.on<'disconnecting'>>>();
same<Parameters<typeof theirs.socket.on<'error'>>, Parameters<typeof ours.socket.on<'error'>>>();
same<Parameters<typeof theirs.freeSocket.on<'any'>>, Parameters<typeof ours.freeSocket.on<'any'>>>();
same<Parameters<typeof theirs.freeSocket.on<'disconnect'>>, Parameters<typeof ours.freeSocket.on<'disconnect'>>>();
same<ReturnType<typeof theirs.socket.listeners<'said'>>, ReturnType<typeof ours.socket.listeners<'said'>>>();
same<typeof theirs.socket.data, typeof ours.socket.data>();
same<typeof theirs.freeSocket.data, typeof ours.freeSocket.data>();
same<typeof theirs.socket.id, typeof ours.socket.id>();
same<typeof theirs.socket.rooms, typeof ours.socket.rooms>();
same<typeof theirs.socket.connected, typeof ours.socket.connected>();
same<typeof theirs.socket.handshake.auth, typeof ours.socket.handshake.auth>();
same<typeof theirs.socket.handshake.query, typeof ours.socket.handshake.query>();
same<typeof theirs.socket.handshake.headers, typeof ours.socket.handshake.headers>();
same<Parameters<Parameters<typeof theirs.socket.use>[0]>, Parameters<Parameters<typeof ours.socket.use>[0]>>();

// Broadcasts
const [theirRoom, ourRoom] = [theirs.io.to('a'), ours.io.to('a')];
const [theirAsk, ourAsk] = [theirs.io.timeout(1), ours.io.timeout(1)];
const [theirOthers, ourOthers] = [theirs.socket.to('a').timeout(1), ours.socket.to('a').timeout(1)];
same<Parameters<typeof theirs.io.emit<'news'>>, Parameters<typeof ours.io.emit<'news'>>>();
same<Parameters<typeof theirRoom.emit<'news'>>, Parameters<typeof ourRoom.emit<'news'>>>();
same<Parameters<typeof theirAsk.emit<'ask'>>, Parameters<typeof ourAsk.emit<'ask'>>>();
same<Parameters<typeof theirAsk.emit<'try'>>, Parameters<typeof ourAsk.emit<'try'>>>();
same<Parameters<typeof theirAsk.emit<'nudge'>>, Parameters<typeof ourAsk.emit<'nudge'>>>();
same<Parameters<typeof theirAsk.emitWithAck<'ask'>>, Parameters<typeof ourAsk.emitWithAck<'ask'>>>();
same<ReturnType<typeof theirAsk.emitWithAck<'ask'>>, ReturnType<typeof ourAsk.emitWithAck<'ask'>>>();
same<ReturnType<typeof theirAsk.emitWithAck<'try'>>, ReturnType<typeof ourAsk.emitWithAck<'try'>>>();
same<ReturnType<typeof theirOthers.emitWithAck<'ask'>>, ReturnType<typeof ourOthers.emitWithAck<'ask'>>>();
same<ReturnType<typeof theirRoom.allSockets>, ReturnType<typeof ourRoom.allSockets>>();
// At run time, an error comes first in both.
differ<Parameters<typeof theirRoom.emit<'ask'>>, Parameters<typeof ourRoom.emit<'ask'>>>();
// At run time, both resolve to a list.
differ<ReturnType<typeof theirAsk.emitWithAck<'nudge'>>, ReturnType<typeof ourAsk.emitWithAck<'nudge'>>>();

// Sockets of a cluster
type Fetched<T> = T extends Promise<(infer S)[]> ? S : never;
type TheirRemote = Fetched<ReturnType<typeof theirs.io.fetchSockets>>;
type OurRemote = Fetched<ReturnType<typeof ours.io.fetchSockets>>;
same<TheirRemote['data'], OurRemote['data']>();
same<TheirRemote['rooms'], OurRemote['rooms']>();
same<TheirRemote['id'], OurRemote['id']>();
same<Parameters<typeof theirs.remote.emit<'ask'>>, Parameters<typeof ours.remote.emit<'ask'>>>();
const [theirRemote, ourRemote] = [theirs.remote.timeout(1), ours.remote.timeout(1)];
same<Parameters<typeof theirRemote.emit<'ask'>>, Parameters<typeof ourRemote.emit<'ask'>>>();
same<ReturnType<typeof theirRemote.emitWithAck<'ask'>>, ReturnType<typeof ourRemote.emitWithAck<'ask'>>>();

// Between servers
same<Parameters<typeof theirs.io.serverSideEmit<'clear'>>, Parameters<typeof ours.io.serverSideEmit<'clear'>>>();
same<Parameters<typeof theirs.io.serverSideEmit<'load'>>, Parameters<typeof ours.io.serverSideEmit<'load'>>>();
same<
  ReturnType<typeof theirs.io.serverSideEmitWithAck<'load'>>,
  ReturnType<typeof ours.nsp.serverSideEmitWithAck<'load'>>
>();
same<
  Parameters<typeof theirs.nsp.serverSideEmitWithAck<'load'>>,
  Parameters<typeof ours.nsp.serverSideEmitWithAck<'load'>>
>();
same<Parameters<typeof theirs.io.on<'load'>>, Parameters<typeof ours.io.on<'load'>>>();
same<Parameters<typeof theirs.nsp.on<'clear'>>, Parameters<typeof ours.nsp.on<'clear'>>>();

// Server and Namespace
declare const theirEnter: Parameters<Parameters<typeof theirs.io.on<'connection'>>[1]>[0];
declare const ourEnter: Parameters<Parameters<typeof ours.io.on<'connection'>>[1]>[0];
same<typeof theirEnter, typeof theirs.socket>();
same<typeof ourEnter, typeof ours.socket>();
same<Parameters<Parameters<typeof ours.nsp.use>[0]>[0], typeof ours.socket>();
const [theirNsp, ourNsp] = [theirs.io.of('/a'), ours.io.of('/a')];
same<typeof theirNsp, typeof theirs.nsp>();
same<typeof ourNsp, typeof ours.nsp>();
same<Parameters<Parameters<typeof ours.io.on<'new_namespace'>>[1]>, [namespace: typeof ours.nsp]>();
same<typeof ours.io.sockets, typeof ours.nsp>();
same<Parameters<typeof theirs.io.close>, Parameters<typeof ours.io.close>>();

// Mistakes: an event that is not in the map
// @ts-expect-error -- a name that is not emitted
ours.io.emit('newz', 'x');
// @ts-expect-error -- the same, to one client
ours.socket.emit('newz', 'x');
// @ts-expect-error -- a name that clients do not send
ours.socket.on('sayed', () => {});
// @ts-expect-error -- an event from clients, not of the server
ours.io.on('said', () => {});
// @ts-expect-error -- an event to clients, not between servers
ours.io.serverSideEmit('news', 'x');

// Mistakes: a wrong payload
// @ts-expect-error -- a number instead of text
ours.io.emit('news', 1);
// @ts-expect-error -- the text is missing
ours.io.to('a').emit('news');
// @ts-expect-error -- one argument too many
ours.socket.broadcast.emit('news', 'x', true, 1);
// @ts-expect-error -- text instead of a boolean, after `volatile`
ours.socket.volatile.emit('news', 'x', 'urgent');
// @ts-expect-error -- the listener takes a number instead of text
ours.socket.on('said', (text: number) => text);
// @ts-expect-error -- a number instead of text, to a remote socket
ours.remote.emit('news', 1);
// @ts-expect-error -- a number instead of a key, between servers
ours.io.serverSideEmit('clear', 1);

// Mistakes: a wrong acknowledgement
// @ts-expect-error -- the client answers with a boolean
ours.socket.emit('ask', 'x', (yes: string) => yes);
// @ts-expect-error -- after timeout() an error comes first
ours.socket.timeout(1).emit('ask', 'x', (yes: boolean) => yes);
// @ts-expect-error -- a broadcast has a list of answers
ours.io.timeout(1).emit('ask', 'x', (error: Error, yes: boolean) => yes || error);
// @ts-expect-error -- news is not acknowledged
void ours.socket.emitWithAck('news', 'x');
// @ts-expect-error -- the acknowledgement is a promise, not a callback
void ours.socket.emitWithAck('ask', 'x', () => {});
// @ts-expect-error -- the promise resolves to a boolean
export const answer: Promise<string> = ours.socket.emitWithAck('ask', 'x');
// @ts-expect-error -- a handler acknowledges with a number
ours.socket.on('said', (_text, done) => done('three'));
// @ts-expect-error -- a socket's data has no such property
ours.socket.data.nam = 'Ann';
