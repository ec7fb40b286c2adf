/** Events without a handler, sent to namespaces with gateways. Without Nest, see test/server/socket/socket.spec.ts. */
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Event, EventName, Gateway, Server, type SocketIoModuleOptions } from 'nest-socketio';
import type { Socket as ClientSocket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { ask, received, type Rig, serve } from '../../support/nest-rig.js';

@Gateway('/chat')
class Chat {
  @Event()
  say(): string {
    return 'said';
  }
}

@WebSocketGateway({ namespace: '/old' })
class Old {
  @SubscribeMessage('say')
  say(): string {
    return 'said';
  }
}

@Gateway('/rooms/:id')
class Rooms {}

@Gateway('/all')
class All {
  @Event('*')
  all(@EventName() name: string): string {
    return `all has ${name}`;
  }
}

function unknown(namespace: string): unknown[] {
  const message = `${namespace} has no handler for the event "sai"`;
  return [{ error: { code: 'unknown_event', message } }];
}

/** The packets that a client gets for "sai", before the answer to a later event. */
async function answersTo(client: ClientSocket): Promise<unknown[]> {
  const packets = received(client);
  client.emit('sai', 1, () => {});
  client.emit('sai', 2);
  await ask(client, 'say');
  return packets.slice(0, -1).map(({ data }) => data);
}

async function start(server: SocketIoModuleOptions = {}): Promise<Rig> {
  return serve([Chat, Old, Rooms, All], { server });
}

describe('an event without a handler', () => {
  it('is answered if the client requested an acknowledgement, counted and logged', async () => {
    const { app, join, log } = await start();
    expect(await answersTo(await join('/chat'))).toEqual([unknown('/chat')]);
    expect(app.get(Server).of('/chat').unhandledEvents).toBe(2);
    expect(log.debugs).toContain('no handler for event "sai" in /chat (did you mean "say"?)');
    expect([log.errors, log.warnings]).toEqual([[], []]);
  });

  it('is answered in a namespace that was created for a pattern', async () => {
    const { join } = await start();
    expect(await ask(await join('/rooms/7'), 'sai')).toEqual(unknown('/rooms/7'));
  });

  it('is answered in every namespace if a gateway serves all of them', async () => {
    @Gateway('*')
    class Everywhere {}
    const { join } = await serve([Everywhere], { server: { namespaces: '*' } });
    expect(await ask(await join('/any'), 'sai')).toEqual(unknown('/any'));
  });

  it('is not answered if a catch-all handler or a listener may answer', async () => {
    const { app, join } = await start();
    app
      .get(Server)
      .of('/chat')
      .on('connection', (socket) => {
        socket.on('heard', (answer: (text: string) => void) => answer('by a listener'));
        if (socket.handshake.auth['any'] === true) {
          socket.onAny((name: string, answer: unknown) => {
            if (name === 'sai') (answer as (text: string) => void)('by a catch-all listener');
          });
        }
      });
    expect(await ask(await join('/all'), 'sai')).toEqual(['all has sai']);
    expect(await ask(await join('/chat'), 'heard')).toEqual(['by a listener']);
    expect(await ask(await join('/chat', { auth: { any: true } }), 'sai')).toEqual(['by a catch-all listener']);
  });

  it('is answered once if a middleware has answered already', async () => {
    const { app, join } = await start();
    app
      .get(Server)
      .of('/chat')
      .on('connection', (socket) => {
        socket.use((event, next) => {
          const answer: unknown = event.at(-1);
          if (event[0] === 'sai' && typeof answer === 'function') answer('by the middleware');
          next();
        });
      });
    expect(await answersTo(await join('/chat'))).toEqual([['by the middleware']]);
  });

  it("is ignored where only Nest's own dialect is spoken, unless errors are acknowledged there", async () => {
    const { app, join } = await start();
    expect(await answersTo(await join('/old'))).toEqual([]);
    expect(app.get(Server).of('/old').unhandledEvents).toBe(2);
    const acknowledging = await start({ errors: 'ack' });
    expect(await answersTo(await acknowledging.join('/old'))).toEqual([unknown('/old')]);
  });

  it('is ignored in a namespace without a gateway', async () => {
    const { app, join } = await start();
    app
      .get(Server)
      .of('/plain')
      .on('connection', (socket) => {
        socket.on('say', (answer: () => void) => answer());
      });
    expect(await answersTo(await join('/plain'))).toEqual([]);
  });
});
