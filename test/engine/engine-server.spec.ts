import { createServer } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { AllowRequest } from '../../lib/engine/engine-options.js';
import { EngineServer } from '../../lib/engine/engine-server.js';
import { Message } from '../../lib/engine/connection/message.js';
import { ACCEPTED, ask, handshake, masked, openRaw, openRawWs, openWs, TARGET } from '../support/engine-clients.js';
import { cleanUp } from '../support/engine-clean-up.js';
import {
  errorsOf,
  expectAccepted,
  expectAlive,
  otherHttp,
  SHUTTING_DOWN,
  upgrade,
} from '../support/engine-handshakes.js';
import { Inbox } from '../support/engine-inbox.js';
import { RecordingLog, startEngine, turn } from '../support/engine-rig.js';
import { listen } from '../support/listen.js';

afterEach(cleanUp);

describe('a valid upgrade', () => {
  it.each(['/socket.io/?EIO=4&transport=websocket', '/socket.io?transport=websocket&EIO=4&t=x&token=%F0%9F%98%80'])(
    'is accepted at %s',
    async (target) => {
      const rig = await startEngine();
      await expectAccepted(rig, target);
      expect(rig.engine.clientsCount).toBe(1);
    },
  );

  it('is accepted at the path set in the options, and at no other', async () => {
    const rig = await startEngine({ path: '/ws/' });
    await expectAccepted(rig, '/ws/?EIO=4&transport=websocket');
    await expectAccepted(rig, '/ws?EIO=4&transport=websocket');
    const client = await openRaw(rig.port);
    client.write(handshake(TARGET));
    await rig.upgrades.take(3);
    rig.clock.advance(1_000);
    expect(await client.readAll()).toBe('');
  });

  it('notifies the listeners of "connection" once the connection is open', async () => {
    const rig = await startEngine();
    const seen: unknown[] = [];
    rig.engine.on('connection', (connection) => void seen.push(connection, connection.readyState));
    await openWs(rig.port);
    const { connection } = await rig.accepted.next();
    expect(seen).toEqual([connection, 'open']);
  });

  it('is accepted even if a listener throws', async () => {
    const rig = await startEngine();
    const error = new Error('x');
    rig.engine.once('connection', () => {
      throw error;
    });
    await openWs(rig.port);
    await rig.accepted.next();
    expect(rig.log.errors.splice(0)).toEqual([['a listener of "connection" of the engine failed', error]]);
    await expectAlive(rig);
  });

  it('leaves no listener of the engine on the socket', async () => {
    const rig = await startEngine();
    await openWs(rig.port);
    const { socket } = await rig.accepted.next();
    expect(socket.listeners('error').map(({ name }) => name)).toEqual(['socketOnError']); // the listener of ws
  });

  it('is counted while the connection lasts', async () => {
    const rig = await startEngine();
    expect(rig.engine.clientsCount).toBe(0);
    const one = await openWs(rig.port);
    await openWs(rig.port);
    expect(rig.engine.clientsCount).toBe(2);
    const { told } = await rig.accepted.next();
    one.ws.terminate();
    await told.next();
    expect(rig.engine.clientsCount).toBe(1);
  });

  it('is served on every HTTP server that the engine is attached to', async () => {
    const rig = await startEngine();
    const second = await startEngine({ path: '/second' });
    rig.engine.attach(second.http);
    await openWs(second.port);
    await openWs(second.port, {}, '/second/?EIO=4&transport=websocket');
    await openWs(rig.port);
    expect([rig.engine.clientsCount, second.engine.clientsCount]).toEqual([2, 1]);
  });
});

describe('an upgrade for another path', () => {
  it('is ended if no other listener claims it in time', async () => {
    const rig = await startEngine({ destroyUpgradeTimeout: 500 });
    const client = await openRaw(rig.port);
    client.write(handshake('/elsewhere'));
    await rig.upgrades.next();
    rig.clock.advance(499);
    await turn();
    expect(rig.sockets[0]?.destroyed).toBe(false);
    rig.clock.advance(1);
    expect(await client.readAll()).toBe('');
  });

  it('is also ended on a connection that served earlier requests', async () => {
    const rig = await startEngine({}, otherHttp());
    const client = await openRaw(rig.port);
    client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await client.read(1);
    client.write(handshake('/elsewhere'));
    await rig.upgrades.next();
    rig.clock.advance(1_000);
    expect(await client.readAll()).toMatch(/other/);
  });

  it('is left alone if another listener claims it', async () => {
    const http = createServer();
    const wss = new WebSocketServer({ noServer: true });
    http.on('upgrade', (request, socket, head) => {
      if (request.url === '/elsewhere') wss.handleUpgrade(request, socket, head, (ws) => ws.send('welcome'));
    });
    const rig = await startEngine({}, http);
    const client = await openRaw(rig.port);
    client.write(handshake('/elsewhere'));
    expect(await client.readText(ACCEPTED)).toBe(ACCEPTED);
    rig.clock.advance(1_000);
    await turn();
    expect((await client.read(9)).toString('hex')).toBe('810777656c636f6d65'); // welcome
    expect(rig.sockets[0]?.destroyed).toBe(false);
  });

  it('is left alone if another listener answers it and reads later', async () => {
    const http = createServer();
    http.on(
      'upgrade',
      (_, socket) => void setImmediate(() => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')),
    );
    const rig = await startEngine({}, http);
    const client = await openRaw(rig.port);
    client.write(handshake('/elsewhere'));
    await client.read(1);
    rig.clock.advance(1_000);
    expect(rig.sockets[0]?.destroyed).toBe(false);
  });

  it('needs no end if its client has disconnected meanwhile', async () => {
    const rig = await startEngine();
    const client = await openRaw(rig.port);
    client.write(handshake('/elsewhere'));
    await rig.upgrades.next();
    const [socket] = rig.sockets;
    const destroy = vi.spyOn(socket as object as { destroy: () => void }, 'destroy');
    socket?.end();
    rig.clock.advance(1_000);
    expect(destroy).not.toHaveBeenCalled();
    await client.readAll();
  });

  it('is left alone if the options say so', async () => {
    const rig = await startEngine({ destroyUpgrade: false });
    const client = await openRaw(rig.port);
    client.write(handshake('/elsewhere'));
    expect(await rig.upgrades.next()).toBe('/elsewhere');
    expect(rig.clock.timers).toBe(0);
    rig.clock.advance(50_000);
    expect(rig.sockets[0]?.destroyed).toBe(false);
  });
});

describe('a client that exceeds the limits of ws', () => {
  it('is closed for an invalid first frame in the same segment as the request', async () => {
    const rig = await startEngine();
    const client = await openRaw(rig.port);
    client.write(Buffer.concat([Buffer.from(handshake()), Buffer.from('f18000000000', 'hex')]));
    const { told } = await rig.accepted.next();
    expect((await told.next()).slice(0, 2)).toEqual(['close', 'transport error']);
    expect(await client.readText(ACCEPTED)).toBe(ACCEPTED);
    expect((await client.readFrame()).payload.toString()).toMatch(/^0\{"sid"/); // sent together with the 101
    expect((await client.read(4)).toString('hex')).toBe('880203ea'); // close, 1002
    await expectAlive(rig);
  });

  it('is closed for more than 1,024 fragments of one message', async () => {
    const rig = await startEngine();
    const client = await openRawWs(rig.port);
    const { told } = await rig.accepted.next();
    const part = masked(0x00, 'x');
    const fragments = (count: number) => [masked(0x01, '4'), ...Array.from({ length: count - 2 }, () => part)];
    client.write(Buffer.concat([...fragments(1_024), masked(0x80, 'x')]));
    expect(await told.next()).toEqual(['text', `4${'x'.repeat(1_023)}`]);
    client.write(Buffer.concat([...fragments(1_025), masked(0x80, 'x')]));
    const [what, reason, error] = await told.next();
    expect([what, reason, (error as Error).message]).toEqual([
      'close',
      'transport error',
      'Too many message fragments',
    ]);
    expect((await client.read(4)).toString('hex')).toBe('880203f0'); // close, 1008
    await expectAlive(rig);
  });

  it('is terminated if it requests more than 60 pongs and does not read them', async () => {
    const rig = await startEngine({ limits: { bufferedBytes: 100_000_000 } });
    const client = await openRawWs(rig.port);
    const { connection, told } = await rig.accepted.next();
    client.socket.pause();
    const chunk = Message.of('x'.repeat(65_000));
    for (let i = 0; connection.bufferedAmount === 0 && i < 2_000; i++) {
      connection.queue(chunk);
      await turn();
    }
    const ping = masked(0x89, 'x');
    client.write(Buffer.concat([...Array.from({ length: 60 }, () => ping), masked(0x81, '4still here')]));
    expect(await told.next()).toEqual(['text', '4still here']);
    client.write(ping);
    expect(await told.next()).toEqual(['close', 'transport close']);
    await expectAlive(rig);
  });
});

describe('close', () => {
  it('resolves at once without connections', async () => {
    const rig = await startEngine();
    expect(await rig.engine.close()).toBeUndefined();
    expect(rig.clock.timers).toBe(0);
  });

  it('closes all connections with 1001, and resolves when all are gone', async () => {
    const rig = await startEngine();
    const clients = [await openWs(rig.port), await openWs(rig.port)];
    const recorders = await rig.accepted.take(2);
    const closing = rig.engine.close();
    for (const { told } of recorders) expect(told.waiting).toEqual([['close', 'server shutting down']]);
    expect(rig.engine.clientsCount).toBe(2);
    await closing;
    expect(rig.engine.clientsCount).toBe(0);
    expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual([1001, 1001]);
    expect(rig.clock.timers).toBe(0);
  });

  it('sends pending messages first', async () => {
    const rig = await startEngine();
    const client = await openWs(rig.port);
    (await rig.accepted.next()).connection.queue(Message.of('farewell'));
    await rig.engine.close();
    expect(client.inbox.waiting).toEqual(['4farewell']);
  });

  it('terminates, after 5 s, a client that does not answer', async () => {
    const rig = await startEngine();
    const client = await openRawWs(rig.port);
    let resolved = false;
    const closing = rig.engine.close().then(() => (resolved = true));
    expect((await client.read(4)).toString('hex')).toBe('880203e9'); // close, 1001
    rig.clock.advance(4_999);
    await turn();
    await turn();
    expect([resolved, rig.sockets[0]?.destroyed]).toEqual([false, false]);
    rig.clock.advance(1);
    await closing;
    expect(await client.readAll()).toBe('');
    expect(rig.engine.clientsCount).toBe(0);
    expect(rig.clock.timers).toBe(0);
  });

  it('closes them in batches if told to; clients of later batches are still served', async () => {
    const rig = await startEngine();
    const clients = [await openWs(rig.port), await openWs(rig.port), await openWs(rig.port)];
    const recorders = await rig.accepted.take(3);
    const ends = (): number[] => recorders.map(({ told }) => told.waiting.length);
    const closing = rig.engine.close({ batch: 2, interval: 100 });
    expect(ends()).toEqual([1, 1, 0]);
    expect(await upgrade(rig, TARGET)).toBe(SHUTTING_DOWN);
    recorders[2]?.connection.queue(Message.of('still here'));
    expect(await clients[2]?.inbox.next()).toBe('4still here');
    rig.clock.advance(100);
    expect(ends()).toEqual([1, 1, 1]);
    await closing;
    expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual([1001, 1001, 1001]);
    expect(rig.clock.timers).toBe(0);
  });

  it('may be called again, and resolves for every caller', async () => {
    const rig = await startEngine();
    const client = await openRawWs(rig.port);
    const closing = [rig.engine.close(), rig.engine.close()];
    await client.read(4);
    rig.clock.advance(5_000);
    await Promise.all(closing);
    expect(rig.clock.timers).toBe(0);
    await rig.engine.close();
  });

  it('may be called by a handler that is notified of it', async () => {
    const rig = await startEngine();
    await openWs(rig.port);
    const recorder = await rig.accepted.next();
    const again = new Inbox<Promise<void>>();
    vi.spyOn(recorder, 'onClose').mockImplementation(() => again.push(rig.engine.close()));
    await rig.engine.close();
    await again.next();
    expect(rig.engine.clientsCount).toBe(0);
  });

  it('refuses later clients without calling allowRequest', async () => {
    const allowRequest = vi.fn<AllowRequest>((_, callback) => callback(null, true));
    const rig = await startEngine({ allowRequest });
    const errors = errorsOf(rig);
    await rig.engine.close();
    expect(await upgrade(rig, TARGET)).toBe(SHUTTING_DOWN);
    expect(await upgrade(rig, '/socket.io/?EIO=3')).toBe(SHUTTING_DOWN);
    expect(allowRequest).not.toHaveBeenCalled();
    expect(errors).toEqual([]);
    expect(rig.engine.clientsCount).toBe(0);
  });

  it('refuses clients on which allowRequest is still deciding', async () => {
    const asked = new Inbox<() => void>();
    const rig = await startEngine({ allowRequest: (_, callback) => asked.push(() => callback(null, true)) });
    const client = await openRaw(rig.port);
    client.write(handshake());
    const allow = await asked.next();
    await rig.engine.close();
    allow();
    expect(await client.readAll()).toBe(SHUTTING_DOWN);
  });

  it('leaves requests to the other listeners afterwards', async () => {
    const rig = await startEngine({}, otherHttp());
    await rig.engine.close();
    const { status, body } = await ask(rig.port, '/socket.io/?EIO=4&transport=polling');
    expect([status, body]).toEqual([200, 'other']);
    expect(rig.log.warnings).toEqual([]);
  });

  it('leaves the HTTP server open', async () => {
    const rig = await startEngine();
    await rig.engine.close();
    expect(rig.http.listening).toBe(true);
  });
});

describe('an engine without Socket.IO', () => {
  it('serves clients of Engine.IO to the listeners of the application', async () => {
    const http = createServer();
    const engine = new EngineServer({ path: '/engine.io', logger: new RecordingLog() });
    engine.on('connection', (connection) => {
      connection.on('message', (data) => connection.send(`echo ${data.toString()}`));
    });
    engine.attach(http);
    const port = await listen(http);
    const ws = new WebSocket(`ws://127.0.0.1:${port}/engine.io/?EIO=4&transport=websocket`);
    const messages: string[] = [];
    const echoed = new Promise<void>((resolve) => {
      ws.on('message', (data: Buffer) => {
        if (messages.push(data.toString()) === 2) resolve();
        else ws.send('4hello');
      });
    });
    await echoed;
    expect(messages[1]).toBe('4echo hello');
    const { sid } = JSON.parse((messages[0] as string).slice(1)) as { sid: string };
    expect(Object.keys(engine.clients)).toEqual([sid]);
    await engine.close();
    expect([engine.clientsCount, engine.clients]).toEqual([0, {}]);
    await new Promise((resolve) => http.close(resolve));
  });

  it('checks its options', () => {
    expect(() => new EngineServer({ pingInterval: -1 })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });

  it('needs no options', () => {
    expect(new EngineServer().opts.path).toBe('/socket.io');
  });
});
