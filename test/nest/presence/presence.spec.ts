import { Injectable } from '@nestjs/common';
import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
import {
  type DisconnectReason,
  Event,
  Gateway,
  getPresenceToken,
  InjectPresence,
  OnDisconnect,
  Presence,
  type PresenceDiff,
  Reason,
  Server,
  type Socket,
} from 'nest-socketio';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { PublishedEmitterTarget } from '../../../lib/cluster/internal.js';
import { requestedPresences } from '../../../lib/nest/broadcaster/requested-namespaces.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { next } from '../../support/nest-app.js';
import { ask, serve } from '../../support/nest-rig.js';

interface Profile {
  name: string;
}

@Gateway('/present')
class Chat {
  constructor(@InjectPresence('/present') private readonly presence: Presence<Profile>) {}

  @Event()
  enter(@ConnectedSocket() client: Socket, @MessageBody() name: string): number {
    client.join('lobby');
    this.presence.track(client, { user: name, meta: { name } });
    return this.presence.count('lobby');
  }

  @Event()
  rename(@ConnectedSocket() client: Socket, @MessageBody() name: string): void {
    this.presence.update(client, { name });
  }

  @Event()
  hide(@ConnectedSocket() client: Socket): void {
    this.presence.untrack(client);
  }
}

@Injectable()
class Report {
  constructor(@InjectPresence('/present') readonly presence: Presence<Profile>) {}
}

describe('Presence', () => {
  const options = { server: { presence: { interval: 5 } } };

  it('is injected into gateways and providers', async () => {
    const { app, join } = await serve([Chat, Report], options);
    const { presence } = app.get(Report);
    expect(app.get(getPresenceToken('/present'))).toBe(presence);
    const client = await join('/present');
    const stated = next(client, 'presence_state');
    expect(await ask(client, 'enter', 'ann')).toEqual([1]);
    expect(await stated).toEqual(['lobby', [['ann', { name: 'ann' }]]]);
    await ask(client, 'rename', 'Ann');
    expect(presence.list('lobby')).toEqual([{ user: 'ann', meta: { name: 'Ann' }, devices: 1 }]);
    expect(presence.user('ann')).toMatchObject({ rooms: ['lobby'], devices: [{ id: client.id, node: '' }] });
    await ask(client, 'hide');
    expect(presence.count('lobby')).toBe(0);
    expect(app.get(Server).of('/present').presence.count('lobby')).toBe(0);
  });

  it('shows the changes of a room as an Observable', async () => {
    const { app, join } = await serve([Chat, Report], options);
    const client = await join('/present');
    const { presence } = app.get(Report);
    const seen: PresenceDiff<Profile>[] = [];
    const subscription = presence.watch('lobby').subscribe((diff) => void seen.push(diff));
    const first = firstValueFrom(presence.watch('lobby'));
    await ask(client, 'enter', 'ann');
    await first;
    subscription.unsubscribe();
    const second = firstValueFrom(presence.watch('lobby'));
    await ask(client, 'hide');
    expect(await second).toEqual({ joins: [], leaves: ['ann'] });
    expect(seen).toEqual([{ joins: [['ann', { name: 'ann' }]], leaves: [] }]);
  });

  it('shows the users that come and go as an Observable', async () => {
    const { app, join } = await serve([Chat, Report], options);
    const { presence } = app.get(Report);
    const joined = firstValueFrom(presence.watchUsers());
    const client = await join('/present');
    await ask(client, 'enter', 'ann');
    expect(await joined).toEqual({ joins: [['ann', { name: 'ann' }]], leaves: [] });
    const left = firstValueFrom(presence.watchUsers());
    client.disconnect();
    expect(await left).toEqual({ joins: [], leaves: ['ann'] });
  });

  it('counts a client that leaves until its disconnect handlers have finished, unless they untrack it', async () => {
    const seen: unknown[] = [];
    @Gateway('/left')
    class Door {
      constructor(@InjectPresence('/left') private readonly presence: Presence) {}

      @Event()
      enter(@ConnectedSocket() client: Socket): void {
        client.join('lobby');
        this.presence.track(client, { user: client.id });
      }

      @OnDisconnect()
      left(@ConnectedSocket() client: Socket, @Reason() reason: DisconnectReason): void {
        seen.push([reason, this.presence.count('lobby'), this.presence.user(client.id)?.devices.length]);
        if (reason === 'transport close') this.presence.untrack(client);
      }
    }
    const { app, join } = await serve([Door], options);
    const presence = app.get(getPresenceToken('/left'));
    const [leaving, lost] = [await join('/left'), await join('/left')];
    for (const client of [leaving, lost]) await ask(client, 'enter');
    leaving.disconnect();
    await expect.poll(() => presence.count('lobby')).toBe(1);
    lost.io.engine.close();
    await expect.poll(() => presence.count('lobby')).toBe(0); // without its grace
    expect(seen).toEqual([
      ['client namespace disconnect', 2, 1],
      ['transport close', 1, 1],
    ]);
  });

  it('of another namespace does not open it to clients', async () => {
    const server = new Server({ logger: new RecordingLog() });
    const other = new Presence<Profile>(server).of('other');
    expect(other.namespace).toBe('/other');
    expect(other.list('lobby')).toEqual([]);
    expect(server.has('/other')).toBe(false);
    expect(server.of('/other').presence).toBe(server.presences.of('/other'));
    await server.close();
  });

  it('needs the option "broker" in a process with an emitter', () => {
    const emitter = { of: () => emitter, to: () => emitter, except: () => emitter, emit: () => true };
    const target = new PublishedEmitterTarget(emitter as never, new RecordingLog());
    expect(() => new Presence(target, '/present').count('lobby')).toThrow(
      expect.objectContaining({ code: 'EMIT_ONLY' }),
    );
  });

  it('refuses a pattern', () => {
    expect(() => InjectPresence('/rooms/:id')).toThrow(/must be a name, got the pattern \/rooms\/:id/);
  });

  it('is provided for the namespaces that a decorator has named', () => {
    expect(requestedPresences.names).toEqual(['/present', '/left']);
  });
});
