/** The reason of a disconnect, as it is seen by the stock client, the test client and the server's handlers. */
import { ConnectedSocket } from '@nestjs/websockets';
import { Broadcaster, Event, Gateway, OnDisconnect, Reason, Server, Socket } from 'nest-socketio';
import { TestClient } from 'nest-socketio/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { ClientReason } from '../../lib/engine/internal.js';
import { cleanUp } from '../support/engine-clean-up.js';
import { next } from '../support/nest-app.js';
import { serve } from '../support/nest-rig.js';
import { startServer } from '../support/server-rig.js';
import { scene } from '../support/test-scene.js';

afterEach(cleanUp);

const BANNED = { code: 'banned', message: 'You were banned' };

interface CloseDetails {
  readonly description: string;
  readonly context: { readonly code: number; readonly reason: string };
}

describe('the stock client', () => {
  it.each([false, true])('gets the event disconnect_reason before it is disconnected, close: %s', async (close) => {
    const rig = await startServer();
    const client = rig.stock();
    await next(client, 'connect');
    const heard: unknown[] = [];
    client.on('disconnect_reason', (reason) => heard.push(reason));
    client.on('disconnect', (reason) => heard.push(reason));
    rig.server.disconnectSockets(close, BANNED);
    await next(client, 'disconnect');
    expect(heard).toEqual([BANNED, 'io server disconnect']);
  });

  it('gets it although connection state recovery is on, without an offset', async () => {
    const rig = await startServer({ connectionStateRecovery: {} });
    const client = rig.stock();
    await next(client, 'connect');
    const heard: unknown[][] = [];
    client.onAny((...event: unknown[]) => heard.push(event));
    rig.server.disconnectSockets(false, BANNED);
    await next(client, 'disconnect');
    expect(heard).toEqual([['disconnect_reason', BANNED]]);
  });

  it('has the close frame in the details of its event if it was not disconnected from its namespaces', async () => {
    const rig = await startServer();
    const client = rig.stock();
    await next(client, 'connect');
    const gone = new Promise<[string, CloseDetails]>((resolve) => {
      client.on('disconnect', (reason, details) => resolve([reason, details as CloseDetails]));
    });
    for (const socket of rig.server.sockets.sockets.values()) socket.conn.end('forced close', ClientReason.of(BANNED));
    const [reason, { description, context }] = await gone;
    expect([reason, description]).toEqual(['transport close', 'websocket connection closed']);
    expect([context.code, context.reason]).toEqual([4000, 'banned: You were banned']);
  });

  it('has the violation in the close frame', async () => {
    const rig = await startServer({ limits: { namespaces: 1 } });
    const client = rig.stock();
    await next(client, 'connect');
    const gone = new Promise<CloseDetails>((resolve) => {
      client.on('disconnect', (_reason, details) => resolve(details as CloseDetails));
    });
    client.io.socket('/other').connect();
    const { context } = await gone;
    expect([context.code, context.reason]).toEqual([1002, 'too many namespaces']);
  });
});

describe('the test client', () => {
  it('shows the reason and the close frame', async () => {
    const { server, connect } = scene();
    const client = await connect();
    expect([client.disconnectDetails, client.closeFrame]).toEqual([null, null]);
    client.socket.disconnect(true, BANNED);
    expect(await client.disconnected()).toBe('io server disconnect');
    await client.settled();
    expect(client.disconnectDetails).toEqual(BANNED);
    await expect.poll(() => client.closeFrame).not.toBeNull();
    expect(() => client.emit('hello')).toThrow('io server disconnect (banned: You were banned)');
    expect(server.engine.clientsCount).toBe(0);
  });

  it('shows a close frame without a reason', async () => {
    const { connect } = scene();
    const client = await connect();
    client.socket.conn.close();
    expect(await client.disconnected()).toBe('transport close');
    expect([client.disconnectDetails, client.closeFrame]).toEqual([null, { code: 1000, reason: '' }]);
  });
});

@Gateway()
class BanGateway {
  readonly left: unknown[][] = [];

  constructor(
    private readonly broadcaster: Broadcaster,
    readonly server: Server,
  ) {}

  @Event('ban')
  ban(@ConnectedSocket() client: Socket): void {
    client.on('disconnect', (...heard: unknown[]) => this.left.push(heard));
    this.broadcaster.in(client.id).disconnectSockets(true, BANNED);
  }

  @OnDisconnect()
  leave(@Reason() reason: string): void {
    this.left.push([reason]);
  }
}

describe('the server', () => {
  it("has Socket.IO's reason, and the reason of the application as description", async () => {
    const rig = await serve([BanGateway]);
    const client = await rig.join();
    client.emit('ban');
    expect(await next(client, 'disconnect_reason')).toEqual([BANNED]);
    await expect
      .poll(() => rig.app.get(BanGateway).left)
      .toEqual([['server namespace disconnect'], ['server namespace disconnect', BANNED]]);
  });
});

describe('a test client of an application', () => {
  it('has the reason of a ban', async () => {
    const rig = await serve([BanGateway]);
    const client = await TestClient.connect(rig.app);
    client.emit('ban');
    await client.disconnected();
    expect(client.disconnectDetails).toEqual(BANNED);
  });
});
