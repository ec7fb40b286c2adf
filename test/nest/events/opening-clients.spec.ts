import { describe, expect, it, vi } from 'vitest';
import { OpeningClients } from '../../../lib/nest/events/opening-clients.js';
import type { Socket } from '../../../lib/server/internal.js';
import { RecordingLog, turn } from '../../support/engine-rig.js';
import { ManualClock } from '../../support/manual-clock.js';
import { deferred } from '../../support/server-rig.js';

/** A client whose hook is running until `settle` is called. */
function opening() {
  const clients = new OpeningClients('Chat.handleConnection');
  const [clock, logger, hook] = [new ManualClock(), new RecordingLog(), deferred()];
  const disconnect = vi.fn<() => void>(() => void (client.connected = false));
  const client = {
    connected: true,
    disconnect,
    client: { options: { engine: { clock, logger }, connectTimeout: 500 } },
  };
  const socket = client as unknown as Socket;
  clients.add(socket, hook.promise);
  return { clients, clock, logger, client, socket, settle: hook.resolve };
}

describe('OpeningClients', () => {
  it('runs a task at once for a client that is not opening, and returns its result', () => {
    const { clients } = opening();
    const other = {} as Socket;
    const done = Promise.resolve();
    expect(clients.run(other, () => done)).toBe(done);
    expect(clients.run(other, () => {})).toBeUndefined();
  });

  it('runs the tasks of a client in order when its hook has settled, and later ones at once', async () => {
    const { clients, socket, settle } = opening();
    const ran: string[] = [];
    const waiting = ['a', 'b'].map((name) => Promise.resolve(clients.run(socket, () => void ran.push(name))));
    await turn();
    expect(ran).toEqual([]);
    settle();
    await Promise.all(waiting);
    expect(ran).toEqual(['a', 'b']);
    expect(clients.run(socket, () => void ran.push('c'))).toBeUndefined();
    expect(ran).toEqual(['a', 'b', 'c']);
  });

  it('waits for an asynchronous task, and rejects with its error', async () => {
    const { clients, socket, settle } = opening();
    const running = clients.run(socket, () => Promise.reject(new Error('x')));
    settle();
    await expect(running).rejects.toThrow('x');
  });

  it('passes the packet and its size to an event handler', async () => {
    const { clients, socket, settle } = opening();
    const handler = vi.fn<(client: Socket, packet: unknown, size?: number) => void>();
    const packet = { data: ['say'] } as never;
    const running = clients.event(handler)(socket, packet, 7);
    expect(handler).not.toHaveBeenCalled();
    settle();
    await running;
    expect(handler).toHaveBeenCalledExactlyOnceWith(socket, packet, 7);
  });

  it('drops the tasks of a client that has left when the hook settles', async () => {
    const { clients, client, socket, settle } = opening();
    const task = vi.fn<() => void>();
    const running = clients.run(socket, task);
    client.connected = false;
    settle();
    await running;
    expect(task).not.toHaveBeenCalled();
  });

  it('starts one timer at the first task, and cancels it when the hook settles', async () => {
    const { clients, clock, client, socket, settle } = opening();
    expect(clock.timers).toBe(0);
    const waiting = [1, 2, 3].map(() => Promise.resolve(clients.run(socket, () => {})));
    expect(clock.timers).toBe(1);
    settle();
    await Promise.all(waiting);
    expect(clock.timers).toBe(0);
    expect(client.disconnect).not.toHaveBeenCalled();
  });

  it('disconnects the client, with a line in the log, when its tasks have waited for connectTimeout', async () => {
    const { clients, clock, client, logger, socket, settle } = opening();
    const task = vi.fn<() => void>();
    const running = clients.run(socket, task);
    clock.advance(499);
    expect(client.disconnect).not.toHaveBeenCalled();
    clock.advance(1);
    expect(client.disconnect).toHaveBeenCalledOnce();
    expect(logger.errors).toEqual([
      [
        'Chat.handleConnection did not finish within connectTimeout, 500 ms, while events waited for it: the client is disconnected',
        undefined,
      ],
    ]);
    settle();
    await running;
    expect(task).not.toHaveBeenCalled();
  });
});
