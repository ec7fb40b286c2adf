/**
 * The semantics of Flask-SocketIO that a port most easily gets wrong, each on the wire of a Nest application. Those of
 * the message queue are tested with the queue.
 */
import { Catch, type ExceptionFilter, Injectable, UseFilters } from '@nestjs/common';
import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
import {
  ackArgs,
  Args,
  Auth,
  Broadcaster,
  ConnectionRefused,
  Event,
  Gateway,
  InjectBroadcaster,
  OnConnect,
  OnDisconnect,
  Reason,
  Socket,
} from 'nest-socketio';
import { afterEach, describe, expect, it } from 'vitest';
import { cleanUp } from '../support/engine-clean-up.js';
import { serve } from '../support/nest-rig.js';
import { deferred } from '../support/server-rig.js';
import { WireClient } from '../support/server-wire.js';
import { bytes, placeholder } from '../support/wire.js';

afterEach(cleanUp);

@Catch()
class Forty2 implements ExceptionFilter {
  catch(): unknown {
    return 42;
  }
}

@Injectable()
class Doorman {
  /** Results of the connect handler, by the name that the client sends. */
  readonly verdicts: Record<string, () => unknown> = {};
  readonly left: unknown[] = [];
  readonly heard: unknown[] = [];
}

@Gateway('/door')
class DoorGateway {
  constructor(private readonly doorman: Doorman) {}

  @OnConnect()
  enter(@Auth('verdict') verdict: string, @ConnectedSocket() client: Socket): unknown {
    client.data.name = verdict;
    client.join('lobby');
    client.emit('entering');
    return this.doorman.verdicts[verdict]?.();
  }

  @OnDisconnect()
  leave(@ConnectedSocket() client: Socket, @Reason() reason: string): void {
    this.doorman.left.push([client.data.name, [...client.rooms].includes('lobby'), client.connected, reason]);
  }

  @Event()
  hear(@MessageBody() body: unknown): void {
    this.doorman.heard.push(body);
  }
}

@Gateway()
class RootGateway {
  constructor(
    private readonly everybody: Broadcaster,
    @InjectBroadcaster('/door') private readonly door: Broadcaster,
  ) {}

  @Event()
  list(): number[] {
    return [1, 2];
  }

  @Event()
  spread(): unknown {
    return ackArgs(1, 2);
  }

  @Event()
  nothing(): void {}

  @Event()
  @UseFilters(Forty2)
  fails(): void {
    throw new Error('oops');
  }

  @Event()
  echo(@Args() args: unknown[], @ConnectedSocket() client: Socket): void {
    client.emit('echoed', ...args);
  }

  @Event()
  shout(@MessageBody() text: string): void {
    this.everybody.emit('shouted', text);
    this.door.emit('outside', text);
  }

  @Event()
  join(@MessageBody() rooms: string[], @ConnectedSocket() client: Socket): void {
    client.join(rooms);
  }

  @Event()
  tell(@Args(0) rooms: string[], @Args(1) except: string[], @ConnectedSocket() client: Socket): void {
    this.everybody.to(rooms).except(except).except(client.id).emit('told', rooms.length);
  }

  @Event()
  leaveDoor(@ConnectedSocket() client: Socket): void {
    for (const socket of client.nsp.server.of('/door').sockets.values()) socket.disconnect();
  }
}

/** An application, and clients that send literal packets. */
async function scene() {
  const { app, url } = await serve([Doorman, DoorGateway, RootGateway]);
  const port = Number(new URL(url).port);
  const doorman = app.get(Doorman);
  const join = async (...names: string[]): Promise<WireClient> => {
    const client = await WireClient.open(port);
    for (const name of names) await client.join(name);
    return client;
  };
  return { doorman, join, open: () => WireClient.open(port) };
}

/** Resolves when everything the client sent has been handled; fails if it received anything the test has not read. */
async function silent(client: WireClient): Promise<void> {
  client.send('4299["nothing"]');
  expect(await client.next()).toBe('4399[]');
}

describe('the traps of a port from Flask-SocketIO', () => {
  it('1: an array is one argument; only several arguments are several', async () => {
    const { join } = await scene();
    const client = await join('/');
    client.send('421["list"]', '422["spread"]', '42["echo",[1,2]]', '42["echo",1,2]');
    for (const frame of ['431[[1,2]]', '432[1,2]', '42["echoed",[1,2]]', '42["echoed",1,2]']) {
      expect(await client.next()).toBe(frame);
    }
  });

  it('2: emit without a target: to the sender from the client, to its whole namespace from a broadcaster', async () => {
    const { join } = await scene();
    const [ann, bob] = [await join('/'), await join('/')];
    ann.send('42["echo","psst"]');
    expect(await ann.next()).toBe('42["echoed","psst"]');
    await silent(bob);
    const eve = await join('/door');
    expect(await eve.next()).toBe('42/door,["entering"]');
    ann.send('42["shout","hey"]');
    for (const client of [ann, bob]) expect(await client.next()).toBe('42["shouted","hey"]');
    expect(await eve.next()).toBe('42/door,["outside","hey"]');
    for (const client of [ann, bob]) await silent(client);
  });

  it('3: only false or an exception refuses, and an unexpected exception answers too', async () => {
    const { doorman, open } = await scene();
    const accepted = [undefined, null, 0, '', 'no', Number.NaN, [], Promise.resolve(0)];
    for (const [index, value] of accepted.entries()) doorman.verdicts[`accepts ${index}`] = () => value;
    for (const verdict of Object.keys(doorman.verdicts)) {
      const client = await open();
      client.send(`40/door,{"verdict":"${verdict}"}`);
      expect(await client.next(), verdict).toMatch(/^40\/door,/);
    }
    doorman.verdicts['false'] = () => false;
    doorman.verdicts['later'] = () => Promise.resolve(false);
    doorman.verdicts['bug'] = () => {
      throw new TypeError('secret');
    };
    for (const verdict of ['false', 'later', 'bug']) {
      const client = await open();
      client.send(`40/door,{"verdict":"${verdict}"}`);
      expect(await client.next(), verdict).toMatch(
        verdict === 'bug'
          ? /^44\/door,\{"message":"Internal server error","data":\{"code":"internal","id":"[\w-]{20}"\}\}$/
          : /^44\/door,\{"message":"Connection refused"\}$/,
      );
    }
  });

  it('4: a refusal is an object, ends nothing else, runs no disconnect handler, and may be followed by another try', async () => {
    const { doorman, join } = await scene();
    doorman.verdicts['no'] = () => {
      throw new ConnectionRefused('not you', { until: 'Friday' });
    };
    const client = await join('/');
    client.send('40/door,{"verdict":"no"}');
    expect(await client.next()).toBe('44/door,{"message":"not you","data":{"until":"Friday"}}');
    client.send('40/nowhere,');
    expect(await client.next()).toBe('44/nowhere,{"message":"Invalid namespace"}');
    await silent(client);
    client.send('40/door,{"verdict":"yes"}');
    expect(await client.next()).toMatch(/^40\/door,/);
    expect(await client.next()).toBe('42/door,["entering"]');
    await silent(client);
    expect(doorman.left).toEqual([]);
  });

  it('5: while a connect handler takes its time, events and closes wait; what it emits comes after the answer', async () => {
    const { doorman, join, open } = await scene();
    const go = deferred();
    doorman.verdicts['wait'] = () => go.promise;
    const client = await join('/');
    client.send('40/door,{"verdict":"wait"}', '42/door,["hear",1]', '42/door,["hear",2]');
    await silent(client);
    const gone = await open();
    gone.send('40/door,{"verdict":"wait"}', '42/door,["hear",3]', '41/door,');
    gone.send('40');
    expect(await gone.next()).toMatch(/^40\{/);
    expect([doorman.heard, doorman.left]).toEqual([[], []]);
    go.resolve();
    expect(await client.next()).toMatch(/^40\/door,/);
    expect(await client.next()).toBe('42/door,["entering"]');
    await expect.poll(() => doorman.heard).toEqual([1, 2, 3]);
    await expect.poll(() => doorman.left).toEqual([['wait', true, false, 'client namespace disconnect']]);
  });

  it('6: a disconnect handler sees rooms and data, runs once per namespace, and the connection survives', async () => {
    const { doorman, join } = await scene();
    const client = await join('/');
    client.send('40/door,{"verdict":"yes"}');
    expect(await client.next()).toMatch(/^40\/door,/);
    expect(await client.next()).toBe('42/door,["entering"]');
    client.send('42["leaveDoor"]');
    expect(await client.next()).toBe('41/door,');
    expect(doorman.left).toEqual([['yes', true, false, 'server namespace disconnect']]);
    client.send('42/door,["hear",1]', '41/door,', '42["leaveDoor"]'); // later packets are dropped
    await silent(client);
    client.send('40/door,{"verdict":"again"}');
    expect(await client.next()).toMatch(/^40\/door,/);
    client.terminate();
    await expect.poll(() => doorman.left.slice(1)).toEqual([['again', true, false, 'transport close']]);
    expect(doorman.heard).toEqual([]);
  });

  it('7: the acknowledgement id 0 counts, an unknown event gets an error, nothing is [], a filter’s value is it', async () => {
    const { join } = await scene();
    const client = await join('/');
    client.send('420["nothing"]', '421["unheard"]', '422["fails"]', '42["nothing"]');
    expect(await client.next()).toBe('430[]');
    const message = '/ has no handler for the event \\"unheard\\"';
    expect(await client.next()).toBe(`431[{"error":{"code":"unknown_event","message":"${message}"}}]`);
    expect(await client.next()).toBe('432[42]');
    await silent(client);
  });

  it('8: several rooms reach each client once, an empty list of rooms reaches no client, exceptions add up', async () => {
    const { join } = await scene();
    const [ann, bob, cat] = [await join('/'), await join('/'), await join('/')];
    for (const [client, rooms] of [
      [ann, '["a","b"]'],
      [bob, '["a","b"]'],
      [cat, '["b","c"]'],
    ] as const) {
      client.send(`42["join",${rooms}]`);
      await silent(client);
    }
    ann.send('42["tell",["a","b"],[]]', '42["tell",[],[]]', '42["tell",["a","b"],["c"]]');
    await silent(ann);
    expect([await bob.next(), await bob.next()]).toEqual(['42["told",2]', '42["told",2]']);
    expect(await cat.next()).toBe('42["told",2]');
    for (const client of [bob, cat]) await silent(client);
  });

  it('9: binary parts are binary frames, as many as announced, in bounds, and go with the connection', async () => {
    const { join } = await scene();
    const client = await join('/');
    client.send(`452-["echo",${placeholder(1)},${placeholder(0)}]`, bytes('0102'), bytes('03'));
    expect(await client.next()).toBe(`452-["echoed",${placeholder(0)},${placeholder(1)}]`);
    expect([await client.next(), await client.next()]).toEqual([bytes('03'), bytes('0102')]);
    const broken = [
      [`451-["echo",${placeholder(0)}]`, '42["nothing"]'], // text instead of an attachment
      [`451-["echo",${placeholder(1)}]`], // out of bounds
      ['450-["echo"]'], // none announced
      [`4511-["echo",${placeholder(0)}]`], // more than any client sends
      [`452-["echo",${placeholder(0)},${placeholder(0)}]`], // the same attachment twice
      [bytes('01')], // not expected
      [`451-/door,["hear",${placeholder(0)}]`], // for a namespace the client has not joined
    ];
    for (const frames of broken) {
      const breaker = await join('/');
      breaker.send(...frames);
      expect(await breaker.closed, String(frames[0])).toEqual({ code: 1002 });
    }
    const half = await join('/');
    half.send(`451-["echo",${placeholder(0)}]`);
    half.terminate();
    await silent(client);
  });
});
