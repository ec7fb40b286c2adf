/** The history of rooms while clients join, leave and lose their connections at random. */
import { array, assert, asyncProperty, constantFrom, nat, record } from 'fast-check';
import { memoryBroker, Server, type ServerOptions } from 'nest-socketio';
import { createServer } from 'node:http';
import type { Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNodes } from '../../support/cluster-nodes.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { RecordingLog, turn } from '../../support/engine-rig.js';
import { next, SOON } from '../../support/events.js';
import { listen } from '../../support/listen.js';
import { connectStock } from '../../support/stock-client.js';

const RUNS = { seed: 16, numRuns: 12 };

const OPTIONS: ServerOptions = { history: { '*': { size: 1_000 } } };

const CONNECTION = { reconnection: true, reconnectionDelay: 1, reconnectionDelayMax: 1 };

const SCRIPT = array(
  record({
    step: constantFrom('say', 'say', 'say', 'say', 'tick', 'tick', 'turn', 'join', 'join', 'leave', 'cut'),
    speaker: nat(1),
    client: nat(2),
  }),
  { minLength: 10, maxLength: 40 },
);

interface Node {
  readonly server: Server;
  readonly url: string;
  close(): Promise<void>;
}

/** A client, and the numbers that it has heard of each speaker since it has joined the room. */
interface Listener {
  readonly client: Socket;
  heard: [number[], number[]];
  /** The newest value of each speaker. */
  ticks: [number, number];
  /** Whether a value has arrived after a newer one. */
  isMixedUp: boolean;
  isIn: boolean;
}

function itKeepsAll(start: () => Promise<readonly Node[]>): void {
  let nodes: readonly Node[];
  let runs = 0;

  beforeAll(async () => {
    nodes = await start();
  });

  afterAll(async () => {
    await cleanUp();
    await Promise.all(nodes.map((node) => node.close()));
  });

  it('sends each client all that was said, of each speaker in order, and nothing twice', async () => {
    await assert(
      asyncProperty(SCRIPT, async (script) => {
        const name = `/run-${++runs}`;
        const spaces = nodes.map(({ server }) => server.of(name));
        const listeners: Listener[] = [];
        for (const space of spaces) {
          space.onConnect((socket) => {
            const { index } = socket.handshake.auth as { index: number };
            if (listeners[index]?.isIn === true) void socket.join('room', {});
          });
        }
        for (let index = 0; index < 3; index++) {
          const { url } = nodes[index % nodes.length] as Node;
          const client = connectStock(url + name, { ...CONNECTION, auth: { index } });
          const forget = (): void => void Object.assign(listener, { heard: [[], []], ticks: [0, 0] });
          const listener: Listener = { client, heard: [[], []], ticks: [0, 0], isMixedUp: false, isIn: false };
          client.on('said', (speaker: 0 | 1, number: number) => listener.heard[speaker].push(number));
          client.on('tick', (speaker: 0 | 1, number: number) => {
            if (number < listener.ticks[speaker]) listener.isMixedUp = true;
            listener.ticks[speaker] = number;
          });
          client.on('left', forget);
          client.on('connect', () => {
            if (!client.recovered) forget();
          });
          listeners.push(listener);
        }
        await Promise.all(listeners.map(({ client }) => next(client, 'connect')));
        const said: [number, number] = [0, 0];
        const ticks: [number, number] = [0, 0];
        for (const { step, speaker, client: index } of script) {
          const listener = listeners[index] as Listener;
          const { client } = listener;
          const socket = spaces[index % spaces.length]?.sockets.get(client.id as string);
          if (step === 'say') spaces[speaker % spaces.length]?.to('room').emit('said', speaker, said[speaker as 0]++);
          else if (step === 'tick') {
            const room = spaces[speaker % spaces.length]?.to('room').latest(`key ${speaker}`);
            room?.emit('tick', speaker, ++ticks[speaker as 0]);
          } else if (step === 'turn') await turn();
          else if (step === 'join') {
            listener.isIn = true;
            void socket?.join('room', {});
          } else if (step === 'leave') {
            listener.isIn = false;
            socket?.leave('room');
            socket?.emit('left');
          } else {
            const connected = next(client, 'connect');
            client.io.engine.close();
            await connected;
          }
        }
        const all = said.map((count) => Array.from({ length: count }, (_, number) => number));
        for (const listener of listeners) {
          const { isIn } = listener;
          await expect
            .poll(() => [listener.heard, listener.ticks], SOON)
            .toEqual(
              isIn
                ? [all, ticks]
                : [
                    [[], []],
                    [0, 0],
                  ],
            );
        }
        await turn();
        for (const { client, heard, isIn, isMixedUp } of listeners) {
          expect(heard).toEqual(isIn ? all : [[], []]);
          expect(isMixedUp).toBe(false);
          client.disconnect();
        }
      }),
      RUNS,
    );
  });
}

async function startAlone(options: ServerOptions = {}): Promise<readonly Node[]> {
  const http = createServer();
  const server = new Server(http, { ...OPTIONS, ...options, logger: new RecordingLog() });
  const url = `http://127.0.0.1:${await listen(http)}`;
  return [{ server, url, close: () => server.close().then(() => void http.close()) }];
}

describe('the history of rooms', () => {
  describe('of one server', () => {
    itKeepsAll(startAlone);
  });

  describe('of one server with recovery', () => {
    itKeepsAll(() => startAlone({ connectionStateRecovery: {} }));
  });

  describe('of two servers', () => {
    itKeepsAll(() => startNodes(2, memoryBroker(), OPTIONS));
  });

  describe('of two servers with recovery', () => {
    itKeepsAll(() => startNodes(2, memoryBroker(), { ...OPTIONS, connectionStateRecovery: {} }));
  });
});
