/** Clients that reset their TCP connection, at every stage of connecting and afterwards. */
import { expect, it } from 'vitest';
import { ACCEPTED, handshake, masked, openRaw, type RawClient } from '../../support/engine-clients.js';
import { turn } from '../../support/engine-rig.js';
import { BYTES, hostileScene, PART } from '../../support/hostile-scene.js';
import { deferred } from '../../support/server-rig.js';

const scene = hostileScene();

const TEXT = 0x81;

interface Stage {
  readonly what: string;
  /** Brings a client to this stage; the application decides on it when `go` resolves. */
  readonly arrive: (client: RawClient, go: Promise<void>) => Promise<unknown>;
}

const open = (client: RawClient): void => client.write(handshake());
const say = (client: RawClient, ...texts: readonly string[]): void =>
  client.write(Buffer.concat(texts.map((text) => masked(TEXT, text))));

/** Sends a CONNECT for a namespace that calls `asked` once it has to decide. */
const ask = (prepare: (asked: () => void, go: Promise<void>) => void): Stage['arrive'] => {
  return async (client, go) => {
    const asked = deferred();
    prepare(asked.resolve, go);
    open(client);
    say(client, '40/slow,', '42/slow,["e"]');
    await asked.promise;
  };
};

const STAGES: readonly Stage[] = [
  { what: 'before it has sent anything', arrive: turn },
  {
    what: 'in the middle of its request',
    arrive: (client) => {
      client.write(handshake().slice(0, 40));
      return turn();
    },
  },
  {
    what: 'with its request',
    arrive: (client) => {
      open(client);
      return turn();
    },
  },
  { what: 'at the open packet', arrive: (client) => (open(client), client.read(ACCEPTED.length + 10)) },
  {
    what: 'with its CONNECT',
    arrive: (client) => (open(client), say(client, '40'), client.read(ACCEPTED.length + 10)),
  },
  {
    what: 'while a function decides on its namespace',
    arrive: ask((asked, go) => {
      scene.rig.server.of((_name, _auth, next) => (asked(), void go.then(() => next(null, true))));
    }),
  },
  {
    what: 'while a middleware decides on it',
    arrive: ask((asked, go) => {
      scene.rig.of('/slow').use((socket, next) => {
        socket.join('room');
        asked();
        void go.then(() => next());
      });
    }),
  },
  {
    what: 'while a middleware is about to refuse it',
    arrive: ask((asked, go) => {
      scene.rig.of('/slow').use((_socket, next) => (asked(), void go.then(() => next('no'))));
    }),
  },
  {
    what: 'while a connect handler decides on it',
    arrive: ask((asked, go) => {
      scene.rig.of('/slow').onConnect((socket) => (socket.join('room'), asked(), go));
    }),
  },
  {
    what: 'while its disconnect handler runs',
    arrive: async (client, go) => {
      const left = deferred();
      scene.rig.of('/slow').onDisconnect(() => (left.resolve(), go));
      open(client);
      say(client, '40/slow,', '41/slow,');
      await left.promise;
    },
  },
  {
    what: 'in the middle of a frame',
    arrive: (client) => (open(client), say(client, '40'), client.write(masked(TEXT, '42["e"]').subarray(0, 9)), turn()),
  },
  {
    what: 'between a packet and its attachments',
    arrive: async (client) => {
      open(client);
      say(client, '40', `452-["e",${PART},{"_placeholder":true,"num":1}]`);
      client.write(masked(0x82, BYTES));
      await turn();
    },
  },
  {
    what: 'while an acknowledgement is pending',
    arrive: async (client) => {
      const [asked, gone] = [deferred(), deferred<unknown>()];
      void gone.promise.then((error) => expect(error).toMatchObject({ code: 'CLIENT_GONE' }));
      scene.rig.of('/slow').on('connection', (socket) => {
        socket.timeout(1_000).emitWithAck('ask').catch(gone.resolve);
        asked.resolve();
      });
      open(client);
      say(client, '40/slow,');
      await asked.promise;
    },
  },
];

it.each(STAGES.map((stage) => [stage.what, stage] as const))(
  'a reset %s affects no other client and leaves nothing behind',
  async (_what, { arrive }) => {
    const go = deferred();
    const client = await openRaw(scene.rig.port);
    await arrive(client, go.promise);
    client.reset();
    await expect.poll(() => scene.rig.server.engine.clientsCount).toBe(1);
    await scene.neighbour.idle();
    go.resolve();
    await turn();
    const slow = scene.rig.server.of('/slow');
    await slow.settled();
    expect([slow.sockets.size, slow.members.size, scene.rig.server.sockets.sockets.size]).toEqual([0, 0, 1]);
  },
);
