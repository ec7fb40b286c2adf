/**
 * Mistakes in the code of an application, at every place and in every form, with a stock client. In each case the
 * process survives, the log names the place, the client gets an answer, and a second client notices nothing.
 */
import { type CallHandler, Injectable, Scope, UseFilters, UseGuards, UseInterceptors, UsePipes } from '@nestjs/common';
import { ConnectedSocket, MessageBody, type OnGatewayInit } from '@nestjs/websockets';
import { Event, Gateway, OnConnect, OnDisconnect, Server, Socket, SocketIoModule } from 'nest-socketio';
import { concat, map, of, throwError } from 'rxjs';
import type { Socket as ClientSocket } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordingLog } from '../support/engine-rig.js';
import { next, type Platform, PLATFORMS, type RunningApp, startApp } from '../support/nest-app.js';
import { ask, entered, refused } from '../support/nest-rig.js';

const SECRET = new Error('secret');

const WAYS = {
  throws: (): never => {
    throw SECRET;
  },
  rejects: () => Promise.reject(SECRET),
  'rejects later': () => new Promise((_resolve, reject) => setImmediate(reject, SECRET)),
  'is an Observable that fails': () => throwError(() => SECRET),
  'is an Observable that fails after a value': () =>
    concat(
      of(true),
      throwError(() => SECRET),
    ),
} as const;

type Way = keyof typeof WAYS;

const EVERY = Object.keys(WAYS) as Way[];
const PROMISES: Way[] = ['throws', 'rejects', 'rejects later'];

/** The mistake that the code of the application makes when it is called. */
let mistake: () => never;
/** Whether the application makes its mistake now. */
let isOn = false;

/** Makes the mistake. Its return type fits everywhere, since it never returns then. */
function slip(): never {
  return (isOn ? mistake() : undefined) as never;
}

@Gateway()
class Events {
  @Event()
  ping(): string {
    return 'pong';
  }

  @Event()
  handler(): unknown {
    return slip();
  }

  @Event()
  @UseGuards({ canActivate: slip })
  guard(): void {}

  @Event()
  @UsePipes({ transform: slip })
  pipe(@MessageBody() _body: unknown): void {}

  @Event()
  @UseInterceptors({ intercept: slip })
  interceptor(): void {}

  @Event()
  @UseInterceptors({ intercept: (_context, handler: CallHandler) => handler.handle().pipe(map(slip)) })
  operator(): void {}

  @Event()
  @UseGuards({ canActivate: () => true })
  piped(): unknown {
    return slip();
  }

  @Event()
  @UseFilters({ catch: slip })
  filter(): never {
    throw SECRET;
  }

  @Event()
  callback(@ConnectedSocket() client: Socket): void {
    client.emit('question', slip);
  }

  @Event()
  timed(@ConnectedSocket() client: Socket): void {
    client.timeout(1).emit('unanswered', slip);
  }

  @Event()
  broadcast(@ConnectedSocket() client: Socket): void {
    client.nsp.to(client.id).timeout(1).emit('question', slip);
  }
}

@Gateway('/connect')
class Connect {
  @OnConnect()
  enter(): unknown {
    return slip();
  }
}

@Gateway('/connect-guard')
class ConnectGuard {
  @OnConnect()
  @UseGuards({ canActivate: slip })
  enter(): void {}
}

@Injectable({ scope: Scope.REQUEST })
@Gateway('/scoped')
class Scoped implements OnGatewayInit {
  afterInit(): unknown {
    return slip();
  }
}

@Gateway('/disconnect')
class Disconnect {
  @OnDisconnect()
  leave(): unknown {
    return slip();
  }

  @OnDisconnect()
  @UseInterceptors({ intercept: slip })
  leaveIntercepted(): void {}
}

@Gateway('/init')
class Init implements OnGatewayInit {
  afterInit(): unknown {
    return slip();
  }
}

@Gateway('/listeners')
class Listeners {}

interface Scene extends RunningApp {
  readonly log: RecordingLog;
  readonly server: Server;
  readonly neighbour: ClientSocket;
}

/** A mistake: its place, how a client triggers it, the client's answer and the line in the log. */
interface Mistake {
  readonly place: string;
  readonly ways: readonly Way[];
  readonly meet: (scene: Scene) => unknown;
  readonly answer: unknown;
  readonly logged: string;
}

const INTERNAL = { code: 'internal', message: 'Internal server error', id: expect.any(String) as string };

/** A mistake in the handling of an event, which the client sends with and without an acknowledgement. */
function inEvent(event: string, ways: readonly Way[] = EVERY): Mistake {
  return {
    place: `the ${event} of an event`,
    ways,
    meet: async ({ connect }) => {
      const client = await enter(connect());
      const exception = next(client, 'exception');
      client.emit(event, 'body');
      return [await ask(client, event, 'body'), await exception];
    },
    answer: [[{ error: INTERNAL }], [INTERNAL]],
    logged: `Events.${event} failed`,
  };
}

function inAckCallback(event: string, logged: string): Mistake {
  return {
    place: `the acknowledgement callback of ${event}`,
    ways: PROMISES,
    meet: async ({ connect, log }) => {
      const client = await enter(connect());
      client.on('question', (answer: () => void) => answer());
      await ask(client, event);
      await expect.poll(() => log.errors.length).toBeGreaterThan(0);
      return ask(client, 'ping');
    },
    answer: ['pong'],
    logged,
  };
}

/** A mistake while the client connects. */
function inConnecting(place: string, namespace: string, logged: string, ways: readonly Way[] = EVERY): Mistake {
  return {
    place,
    ways,
    meet: ({ connect }) => refused(connect(namespace)),
    answer: expect.objectContaining({ message: 'Internal server error' }),
    logged,
  };
}

/** A mistake where no answer is due: the client has joined the namespace, and stays or has left. */
function unasked(
  place: string,
  ways: readonly Way[],
  logged: string,
  set: (server: Server) => void,
  namespace: string,
): Mistake {
  return {
    place,
    ways,
    meet: async ({ connect, server, log }) => {
      set(server);
      const client = await enter(connect(namespace));
      client.disconnect();
      await expect.poll(() => log.errors.length).toBeGreaterThan(0);
    },
    answer: undefined,
    logged,
  };
}

const MISTAKES: Mistake[] = [
  inEvent('handler'),
  inEvent('piped'),
  inEvent('guard', ['throws', 'rejects', 'rejects later', 'is an Observable that fails']),
  inEvent('pipe', PROMISES),
  inEvent('interceptor'),
  inEvent('operator', ['throws']),
  inEvent('filter'),
  inAckCallback('callback', 'acknowledgement'),
  inAckCallback('timed', 'acknowledgement'),
  inAckCallback('broadcast', 'acknowledgement'),
  inConnecting('a connect handler', '/connect', 'Connect.enter failed'),
  inConnecting('a guard of a connect handler', '/connect-guard', 'ConnectGuard.enter failed', PROMISES),
  inConnecting('afterInit of a request-scoped gateway', '/scoped', 'Scoped failed', PROMISES),
  {
    ...inConnecting('a middleware', '/listeners', 'a middleware or connect handler of /listeners failed', PROMISES),
    meet: ({ connect, server }) => {
      server.of('/listeners').use(slip);
      return refused(connect('/listeners'));
    },
  },
  unasked('a disconnect handler', EVERY, 'Disconnect.leave failed', () => {}, '/disconnect'),
  unasked(
    'an interceptor of a disconnect handler',
    EVERY,
    'Disconnect.leaveIntercepted failed',
    () => {},
    '/disconnect',
  ),
  unasked(
    'a listener of connection',
    PROMISES,
    'connection',
    (server) => server.of('/listeners').on('connection', slip),
    '/listeners',
  ),
  ...(['disconnecting', 'disconnect'] as const).map((event) =>
    unasked(
      `a listener of ${event}`,
      PROMISES,
      event,
      (server) => server.of('/listeners').on('connection', (socket) => void socket.on(event, slip)),
      '/listeners',
    ),
  ),
  {
    place: 'a listener of connection_error',
    ways: PROMISES,
    meet: async ({ server, url, log }) => {
      server.engine.on('connection_error', slip);
      const response = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
      await expect.poll(() => log.errors.length).toBeGreaterThan(0);
      return response.status;
    },
    answer: 400,
    logged: 'connection_error',
  },
  {
    place: 'a middleware of a socket',
    ways: PROMISES,
    meet: async ({ connect, server, log }) => {
      server.of('/').on('connection', (socket) => void socket.use((_event, go) => (isOn ? mistake() : go())));
      const client = await enter(connect());
      client.emit('ping');
      await expect.poll(() => log.errors.length).toBeGreaterThan(0);
      isOn = false;
      return ask(client, 'ping');
    },
    answer: ['pong'],
    logged: 'middleware',
  },
];

const escaped: unknown[] = [];
const escape = (error: unknown): void => void escaped.push(error);

beforeEach(() => {
  escaped.length = 0;
  isOn = false;
  process.on('unhandledRejection', escape);
  process.on('uncaughtException', escape);
});

afterEach(() => {
  isOn = false;
  process.off('unhandledRejection', escape);
  process.off('uncaughtException', escape);
});

async function enter(client: ClientSocket): Promise<ClientSocket> {
  await entered(client);
  return client;
}

async function start(platform: Platform, log = new RecordingLog()): Promise<Scene> {
  const running = await startApp(
    {
      imports: [SocketIoModule.forRoot({ logger: log })],
      providers: [Events, Connect, ConnectGuard, Scoped, Disconnect, Init, Listeners],
    },
    platform,
  );
  const neighbour = await enter(running.connect());
  return { ...running, log, neighbour, server: running.app.get(Server) };
}

/** Resolves when Node has reported every unhandled rejection. */
async function quiet(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

async function expectPeace({ log, neighbour }: Scene, logged: string): Promise<void> {
  isOn = false;
  await quiet();
  expect(escaped).toEqual([]);
  expect(log.errors.map(([message]) => message)).toContainEqual(expect.stringContaining(logged));
  expect(neighbour.connected).toBe(true);
  expect(await ask(neighbour, 'ping')).toEqual(['pong']);
}

describe.each(PLATFORMS)('a mistake of the application, on %s', (platform) => {
  const cases = MISTAKES.flatMap((met) => met.ways.map((way) => ({ ...met, way })));

  it.each(cases)('$place that $way harms no other client', async ({ way, meet, answer, logged }) => {
    const scene = await start(platform);
    mistake = WAYS[way] as () => never;
    isOn = true;
    expect(await meet(scene)).toEqual(answer);
    await expectPeace(scene, logged);
  });

  it.each(PROMISES)('afterInit that %s is a start-up error', async (way) => {
    mistake = WAYS[way] as () => never;
    isOn = true;
    const log = new RecordingLog();
    await expect(start(platform, log)).rejects.toThrow(SECRET);
    isOn = false;
    await quiet();
    expect(escaped).toEqual([]);
    expect(log.errors).toEqual([['Init.afterInit failed: the application does not start', SECRET]]);
  });
});
