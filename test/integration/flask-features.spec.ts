/** Features of Flask-SocketIO that have another name here, on the wire of a Nest application. */
import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
import {
  Args,
  Broadcaster,
  Event,
  EventName,
  Gateway,
  getBroadcasterToken,
  InjectBroadcaster,
  OnConnect,
  OnDisconnect,
  Server,
  Socket,
} from 'nest-socketio';
import { afterEach, describe, expect, it } from 'vitest';
import { cleanUp } from '../support/engine-clean-up.js';
import { type RigOptions, serve } from '../support/nest-rig.js';
import { WireClient } from '../support/server-wire.js';

afterEach(cleanUp);

@Gateway()
class TalkGateway {
  readonly ran: unknown[] = [];

  @OnConnect()
  enter(): void {
    this.ran.push('enter');
  }

  @OnDisconnect()
  leave(): void {
    this.ran.push('leave');
  }

  @Event('message')
  @Event('json')
  said(@EventName() name: string, @MessageBody() body: unknown): void {
    this.ran.push([name, body]);
  }

  @Event()
  context(@ConnectedSocket() client: Socket, @EventName() name: string, @Args() args: unknown[]): unknown {
    return [client.nsp.name, client.rooms.has(client.id), name, args, client.handshake.query['from']];
  }

  @Event()
  leaveOwnRoom(@ConnectedSocket() client: Socket): void {
    client.leave(client.id);
  }

  @Event()
  others(@ConnectedSocket() client: Socket, @MessageBody() room?: string): void {
    if (room === undefined) client.broadcast.emit('from', 'other');
    else client.to(room).emit('from', room);
  }

  @Event()
  fence(): void {}
}

@Gateway('/x')
class OtherGateway {
  constructor(@InjectBroadcaster('/x') readonly clients: Broadcaster) {}

  @Event()
  fence(): void {}
}

async function scene(options: RigOptions = {}) {
  const { app, url, log } = await serve([TalkGateway, OtherGateway], options);
  const port = Number(new URL(url).port);
  const join = async (name = '/'): Promise<[client: WireClient, sid: string]> => {
    const client = await WireClient.open(port, { query: '&from=here' });
    return [client, await client.join(name)];
  };
  return { app, log, join, talk: app.get(TalkGateway), all: app.get(Broadcaster), server: app.get(Server) };
}

/** Resolves when everything the client sent has been handled; fails if it received anything else. */
async function silent(client: WireClient, nsp = ''): Promise<void> {
  client.send(`42${nsp}77["fence"]`);
  expect(await client.next()).toBe(`43${nsp}77[]`);
}

describe('events', () => {
  it('named message and json are what send() sends and receives in Python', async () => {
    const { join, talk, all } = await scene();
    const [client] = await join();
    client.send('42["message","hi"]', '42["json",{"a":1}]');
    await silent(client);
    expect(talk.ran).toEqual(['enter', ['message', 'hi'], ['json', { a: 1 }]]);
    all.send('to all');
    all.emit('json', { a: [1] });
    expect(await client.next()).toBe('42["message","to all"]');
    expect(await client.next()).toBe('42["json",{"a":[1]}]');
  });

  it('can get a handler while the application runs', async () => {
    const { server, join } = await scene();
    const [client] = await join();
    server.of('/').onEvent('late', (socket, { id, data }) => {
      if (id !== undefined) socket.acknowledge(id, [data.slice(1)]);
    });
    client.send('423["late",1,2]');
    expect(await client.next()).toBe('433[[1,2]]');
  });

  it('give their handler the sender, namespace, name and arguments', async () => {
    const { join } = await scene();
    const [client] = await join();
    client.send('420["context",1,[2]]');
    expect(await client.next()).toBe('430[["/",true,"context",[1,[2]],"here"]]');
  });

  it.each(['connect', 'disconnect', 'connect_error', 'disconnecting', 'newListener', 'removeListener'])(
    'named %s end the connection and run no handler of connects and disconnects',
    async (name) => {
      const { join, talk } = await scene();
      const [client] = await join();
      client.send(`42["${name}",{"token":"forged"}]`);
      expect(await client.closed).toEqual({ code: 1002 });
      await expect.poll(() => talk.ran).toEqual(['enter', 'leave']); // for the real disconnection
    },
  );

  it('of a broadcast exclude the sender, in a room too', async () => {
    const { join, all } = await scene();
    const [[ann, annId], [bob, bobId]] = [await join(), await join()];
    all.in([annId, bobId]).socketsJoin('r');
    ann.send('42["others"]', '42["others","r"]');
    expect([await bob.next(), await bob.next()]).toEqual(['42["from","other"]', '42["from","r"]']);
    await silent(ann);
  });
});

describe('a connect handler', () => {
  it('that fails with a TypeError runs once: its parameters are not guessed', async () => {
    let runs = 0;
    @Gateway('/typo')
    class Typo {
      @OnConnect()
      enter(client: Socket, auth: { user: { name: string } }): void {
        runs++;
        client.data.name = auth.user.name;
      }
    }
    const { url, log } = await serve([Typo]);
    const client = await WireClient.open(Number(new URL(url).port));
    client.send('40/typo,');
    expect(await client.next()).toMatch(/^44\/typo,\{"message":"Internal server error"/);
    expect(runs).toBe(1);
    expect(log.errors).toEqual([[expect.stringContaining('Typo.enter failed'), expect.any(TypeError)]]);
  });
});

describe('rooms, from anywhere', () => {
  it('are joined and left by id; an unknown id creates none', async () => {
    const { join, all, server } = await scene();
    const [client, sid] = await join();
    all.in(sid).socketsJoin(['a', 'b']);
    all.in('nobody').socketsJoin('ghosts');
    all.in(sid).socketsLeave('b');
    all.in(sid).socketsLeave('unknown');
    const [socket] = await all.in(sid).fetchSockets();
    expect([...(socket?.rooms ?? [])].toSorted()).toEqual([sid, 'a'].toSorted());
    expect([...server.sockets.adapter.rooms.keys()].toSorted()).toEqual([sid, 'a'].toSorted());
    expect(await all.in('nobody').fetchSockets()).toEqual([]);
    all.to('a').emit('e');
    expect(await client.next()).toBe('42["e"]');
  });

  it('are closed: all clients leave, and stay connected', async () => {
    const { join, all, server } = await scene();
    const [[ann, annId], [bob]] = [await join(), await join()];
    all.socketsJoin('r');
    all.in('r').socketsLeave('r');
    all.to('r').emit('e');
    for (const client of [ann, bob]) await silent(client);
    expect(server.sockets.adapter.rooms.has('r')).toBe(false);
    all.to(annId).emit('direct');
    expect(await ann.next()).toBe('42["direct"]');
  });

  it('list their members', async () => {
    const { join, all } = await scene();
    const ids = [(await join())[1], (await join())[1]];
    all.in(ids[0] as string).socketsJoin('r');
    expect((await all.in('r').fetchSockets()).map(({ id }) => id)).toEqual(ids.slice(0, 1));
    expect((await all.fetchSockets()).map(({ id }) => id)).toEqual(ids);
  });

  it('named after the client’s id cannot be left: direct messages always arrive', async () => {
    const { join, all } = await scene();
    const [client, sid] = await join();
    client.send('42["leaveOwnRoom"]');
    await silent(client);
    all.to(sid).emit('direct');
    expect(await client.next()).toBe('42["direct"]');
  });

  it('with one name in two namespaces are independent', async () => {
    const { app, join, all } = await scene();
    const others = app.get<Broadcaster>(getBroadcasterToken('/x'));
    const [[root, rootId], [other]] = [await join(), await join('/x')];
    all.in(rootId).socketsJoin('r');
    others.socketsJoin('r');
    others.to('r').emit('e');
    expect(await other.next()).toBe('42/x,["e"]');
    await silent(root);
  });
});

describe('disconnecting, from anywhere', () => {
  it('is done by id, once, and leaves the connection open', async () => {
    const { join, all, talk } = await scene();
    const [client, sid] = await join();
    all.in(sid).disconnectSockets();
    all.in(sid).disconnectSockets();
    all.in('nobody').disconnectSockets();
    expect(await client.next()).toBe('41');
    expect(talk.ran).toEqual(['enter', 'leave']);
    expect(await client.join()).not.toBe(sid);
    await silent(client);
  });
});

describe('options', () => {
  it('always_connect is acceptFirst', async () => {
    @Gateway('/late')
    class Late {
      @OnConnect()
      async enter(@ConnectedSocket() client: Socket): Promise<unknown> {
        return client.call('password');
      }
    }
    const { url } = await serve([Late], { server: { acceptFirst: true } });
    const client = await WireClient.open(Number(new URL(url).port));
    await client.join('/late');
    expect(await client.next()).toBe('42/late,0["password"]');
    client.send('43/late,0[false]'); // the value that the handler returns refuses the client
    expect(String(await client.next())).toContain('42/late,["disconnect_reason",');
    expect(await client.next()).toBe('41/late,');
  });

  it('json is json', async () => {
    const json = {
      stringify: (value: unknown): string =>
        JSON.stringify(value, (_key, item: unknown) => (item instanceof Set ? { set: [...item] } : item)),
      parse: (text: string): unknown =>
        JSON.parse(text, (_key, item: { set?: unknown[] } | null) => (item?.set ? new Set(item.set) : item)),
    };
    const { join, all, talk } = await scene({ server: { json } });
    const [client] = await join();
    client.send('42["message",{"set":[1,2]}]');
    await silent(client);
    expect(talk.ran.at(-1)).toEqual(['message', new Set([1, 2])]);
    all.emit('e', new Set(['a']));
    expect(await client.next()).toBe('42["e",{"set":["a"]}]');
  });
});
