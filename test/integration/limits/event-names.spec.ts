/** Event names that come from clients: none reaches a listener of the server's own events, or ends a client. */
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Broadcaster, Event, Gateway, type Socket } from 'nest-socketio';
import { describe, expect, it, vi } from 'vitest';
import { next, SOON } from '../../support/events.js';
import { memoryBase, memoryInUse } from '../../support/memory-in-use.js';
import { hostileScene } from '../../support/hostile-scene.js';
import { ask, received, serve } from '../../support/nest-rig.js';

const scene = hostileScene();

const REFUSED = expect.objectContaining({ code: 'INVALID_ARGUMENT' });

describe('the event "error" of a client', () => {
  it('reaches no listener of the errors of a socket, but a handler and catch-all listeners', async () => {
    const { client, socket } = await scene.join();
    const [own, all, handled] = [vi.fn(), vi.fn(), vi.fn()];
    socket.on('error', own).onAny(all);
    client.send('42["error","forged"]');
    await client.idle();
    expect(own).not.toHaveBeenCalled();
    expect(all).toHaveBeenCalledWith('error', 'forged');
    expect(socket.nsp.unhandledEvents).toBe(0); // the catch-all listener has heard it
    socket.nsp.onEvent('error', (_socket, { data }) => handled(...data));
    client.send('42["error","again"]');
    await client.idle();
    expect(handled).toHaveBeenCalledWith('error', 'again');
    expect(own).not.toHaveBeenCalled();
  });

  it('is counted as unhandled without a handler, even if there are listeners of errors', async () => {
    const [client, socket] = await scene.rig.join('/other');
    socket.on('error', () => {});
    client.send('42/other,["error"]');
    await client.idle('/other');
    expect(socket.nsp.unhandledEvents).toBe(1);
  });

  it('leaves no memory, however often it is sent', async () => {
    const [client, socket] = await scene.rig.join('/other');
    socket.on('error', () => {});
    const send = async (count: number): Promise<void> => {
      client.send(...Array.from({ length: count }, () => '42/other,["error",{"message":"forged"}]'));
      await client.idle('/other');
    };
    await send(100); // compiles the code
    const before = await memoryBase();
    await send(5_000);
    await scene.neighbour.idle();
    expect(socket.nsp.unhandledEvents).toBe(5_100);
    await expect.poll(() => memoryInUse() - before, SOON).toBeLessThan(5_000 * 100); // bytes for each event
  });

  it('does not hide an error of the server itself', async () => {
    const { client, told } = await scene.join();
    client.send('42["error","forged"]', '42["connect"]');
    await client.closed;
    expect(told.filter(([what]) => what === 'error')).toEqual([
      ['error', expect.objectContaining({ code: 'PROTOCOL_ERROR' })],
    ]);
  });

  it.each(['connection', 'new_namespace', 'connect_error ', 'disconnected'])(
    'and one named "%s" reach no listener of the namespace',
    async (name) => {
      const [heard, { client }] = [vi.fn(), await scene.join()];
      scene.rig.server.on(name as never, heard as never);
      client.send(`42["${name}"]`);
      await client.idle();
      expect(heard).not.toHaveBeenCalled();
    },
  );
});

describe('a relayed value as the name of an event', () => {
  const NAMES: readonly unknown[] = [['connect'], ['disconnect', 1], { toString: 'connect' }, null, true, Number.NaN];

  it.each(NAMES)('%j is refused by every way to emit, and no client hears of it', async (value) => {
    const { client, socket } = await scene.join();
    const name = value as string;
    const { server } = scene.rig;
    expect(() => socket.emit(name)).toThrow(REFUSED);
    expect(() => socket.emit(name, () => {})).toThrow(REFUSED);
    expect(() => socket.volatile.emit(name)).toThrow(REFUSED);
    expect(() => server.emit(name)).toThrow(REFUSED);
    expect(() => server.to('room').except('x').emit(name)).toThrow(REFUSED);
    expect(() => socket.broadcast.emit(name, () => {})).toThrow(REFUSED);
    expect(() => server.serverSideEmit(name)).toThrow(REFUSED);
    await expect(socket.emitWithAck(name)).rejects.toThrow(REFUSED);
    await expect(server.timeout(1).emitWithAck(name)).rejects.toThrow(REFUSED);
    await expect(server.to(socket.id).call(name)).rejects.toThrow(REFUSED);
    await expect(server.serverSideEmitWithAck(name)).rejects.toThrow(REFUSED);
    await client.idle();
  });

  it('may be a number, as in the protocol', async () => {
    const { client, socket } = await scene.join();
    socket.emit(5 as never, 'x');
    expect(await client.next()).toBe('42[5,"x"]');
  });
});

@Gateway()
class Relay {
  constructor(private readonly broadcaster: Broadcaster) {}

  @Event('relay')
  relay(@MessageBody() { name }: { name: string }): string {
    this.broadcaster.emit(name, 'relayed');
    return 'sent';
  }

  @Event('error')
  fault(@MessageBody() text: string, @ConnectedSocket() client: Socket): string {
    return `${text} ${client.connected}`;
  }
}

@WebSocketGateway({ namespace: '/nest' })
class Subscribed {
  @SubscribeMessage('error')
  fault(@MessageBody() text: string, @ConnectedSocket() client: Socket): string {
    return `${text} ${client.connected}`;
  }
}

describe('in a Nest application', () => {
  it('a name that a gateway relays ends no client', async () => {
    const rig = await serve([Relay]);
    const [sender, healthy] = [await rig.join(), await rig.join()];
    const heard = next(healthy, 'news');
    expect(await ask(sender, 'relay', { name: ['connect'] })).toEqual([
      { error: expect.objectContaining({ code: 'internal' }) },
    ]);
    expect(await ask(sender, 'relay', { name: 'news' })).toEqual(['sent']);
    expect(await heard).toEqual(['relayed']);
    expect([sender.connected, healthy.connected]).toEqual([true, true]);
  });

  it('many names that a gateway relays leave no memory and one line in the log, and reach no client', async () => {
    const rig = await serve([Relay]);
    const [sender, healthy] = [await rig.join(), await rig.join()];
    const relay = async (count: number): Promise<void> => {
      for (let index = 1; index < count; index++) sender.emit('relay', { name: ['connect'] });
      await ask(sender, 'relay', { name: ['connect'] });
    };
    await relay(100); // compiles the code
    const packets = received(healthy);
    const before = await memoryBase();
    await relay(2_000);
    expect(await ask(healthy, 'error', 'x')).toEqual(['x true']);
    await expect.poll(() => memoryInUse() - before, SOON).toBeLessThan(2_000 * 500); // bytes for each name
    expect(packets).toEqual([{ type: 'ack', data: ['x true'] }]);
    expect(rig.log.errors).toHaveLength(1);
  });

  it('a gateway may handle an event "error"', async () => {
    const rig = await serve([Relay, Subscribed]);
    const [own, nest] = [await rig.join(), await rig.join('/nest')];
    expect(await ask(own, 'error', 'x')).toEqual(['x true']);
    expect(await ask(nest, 'error', 'x')).toEqual(['x true']);
  });
});
