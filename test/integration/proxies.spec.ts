/** Handshakes as proxies pass them on: what they leave out or change, and whose address a client has behind them. */
import { APP_GUARD } from '@nestjs/core';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { Event, Gateway, SocketIoModule, type TrustProxy } from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { ACCEPTED, handshake, openRaw, TARGET } from '../support/engine-clients.js';
import { RecordingLog } from '../support/engine-rig.js';
import { ask } from '../support/events.js';
import { hostileScene } from '../support/hostile-scene.js';
import { PLATFORMS, startApp } from '../support/nest-app.js';
import { entered } from '../support/nest-rig.js';

const scene = hostileScene();

/** Sends a request. @returns the whole answer, or the start of a 101 */
async function answerTo(request: string): Promise<string> {
  const client = await openRaw(scene.rig.port);
  client.write(request);
  const status = await client.readText('HTTP/1.1 101');
  if (status.endsWith('101')) {
    client.reset();
    return status;
  }
  return status + (await client.readAll());
}

const upgrade = (headers: Record<string, string>): Promise<string> => answerTo(handshake(TARGET, headers));

const ACCEPTED_STATUS = ACCEPTED.slice(0, 'HTTP/1.1 101'.length);

describe('a proxy', () => {
  it('that removes Upgrade, as nginx does by default, is named in the answer and once a minute in the log', async () => {
    const asNginx = `GET ${TARGET} HTTP/1.0\r\nHost: backend:3000\r\nConnection: close\r\n\r\n`;
    for (let i = 0; i < 3; i++) {
      expect(await answerTo(asNginx)).toMatch(
        /^HTTP\/1\.1 400 Bad Request\r\n[^]*"hint":"this is a plain HTTP request: a proxy .* removed its headers Upgrade and Connection"\}$/,
      );
    }
    expect(scene.rig.log.warnings).toEqual([
      'a WebSocket request arrived without Upgrade and Connection, as behind a proxy that removes these headers: in ' +
        'nginx, set proxy_http_version 1.1, proxy_set_header Upgrade $http_upgrade and proxy_set_header Connection "upgrade"',
    ]);
    scene.rig.clock.advance(60_000);
    await answerTo(asNginx);
    expect(scene.rig.log.warnings[1]).toMatch(/ \(2 more since the last such line\)$/);
    await scene.neighbour.idle();
  });

  it.each([
    ['sends the name of the upstream as Host', 'https://shop.example', 'backend:3000'],
    ['leaves out the port of Host', 'http://shop.example:8080', 'shop.example'],
  ])('that %s gets 403, with the headers and the option to set', async (_, Origin, Host) => {
    const answer = await upgrade({ Origin, Host });
    expect(answer).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    expect(answer).toMatch(/have it send Host unchanged, or X-Forwarded-Host with the option trustProxy$/);
    expect(answer).not.toContain(Host);
    expect(scene.rig.log.warnings).toEqual([
      `refused a client from origin "${Origin}", because its request is for the host "${Host}": to allow that origin, ` +
        `set cors: { origin: ["${Origin}"] }; if it is the origin of this server, a proxy has changed Host: have it ` +
        'send Host as it came, with its port (in nginx: proxy_set_header Host $http_host), or send X-Forwarded-Host ' +
        'and set trustProxy here',
    ]);
    await scene.neighbour.idle();
  });

  it('that sends X-Forwarded-Host is trusted with the option that the log names', async () => {
    const headers = { Origin: 'https://shop.example', Host: 'backend:3000', 'X-Forwarded-Host': 'shop.example' };
    expect(await upgrade(headers)).toMatch(/^HTTP\/1\.1 403 /);
    expect(scene.rig.log.warnings).toEqual([
      expect.stringMatching(
        /set trustProxy: X-Forwarded-Host is "shop\.example", from "(::ffff:)?127\.0\.0\.1", which is not trusted$/,
      ),
    ]);
    for (const [trustProxy, status] of [
      [true, '101'],
      [2, '101'],
      ['loopback', '101'],
      [['10.0.0.0/8', '127.0.0.1'], '101'],
      [() => true, '101'],
      ['10.0.0.0/8', '403'],
    ] as const) {
      await scene.restart({ trustProxy });
      expect(await upgrade(headers), String(trustProxy)).toMatch(new RegExp(`^HTTP/1\\.1 ${status}`));
    }
  });
});

/** The status of one connection for each value of `X-Forwarded-For`. */
async function statuses(trustProxy: TrustProxy, forwarded: readonly string[]): Promise<string[]> {
  await scene.restart({ limits: { connectionsPerAddress: 1 }, trustProxy });
  const seen: string[] = [];
  for (const value of forwarded) {
    const client = await openRaw(scene.rig.port);
    client.write(handshake(TARGET, { 'X-Forwarded-For': value }));
    seen.push((await client.readText('HTTP/1.1 101')).slice(-3));
  }
  return seen;
}

describe('limits.connectionsPerAddress', () => {
  it('counts by client behind one proxy, whatever addresses clients make up', async () => {
    const forwarded = ['198.51.100.1', '10.9.9.9, 198.51.100.1', '198.51.100.1, 198.51.100.2'];
    expect(await statuses(1, forwarded)).toEqual(['101', '429', '101']);
  });

  it.each<TrustProxy>([2, ['loopback', '10.0.0.0/8']])(
    'counts by client behind two proxies: %j',
    async (trustProxy) => {
      const forwarded = ['198.51.100.1, 10.0.0.2', '192.0.2.1, 198.51.100.1, 10.0.0.2', '198.51.100.2, 10.0.0.2'];
      expect(await statuses(trustProxy, forwarded)).toEqual(['101', '429', '101']);
    },
  );
});

describe.each(PLATFORMS)('ThrottlerGuard on %s', (platform) => {
  @Gateway()
  class Chat {
    @Event()
    say(): string {
      return 'said';
    }
  }

  it.each<[string, TrustProxy, string]>([
    ['one proxy', true, ''],
    ['two proxies', 2, ', 10.0.0.2'],
    ['two proxies that are known by address', 'loopback, 10.0.0.2', ', 10.0.0.2'],
  ])('counts by client behind %s', async (_, trustProxy, added) => {
    const logger = new RecordingLog();
    const { connect } = await startApp(
      {
        imports: [SocketIoModule.forRoot({ logger, trustProxy }), ThrottlerModule.forRoot([{ ttl: 60_000, limit: 1 }])],
        providers: [Chat, { provide: APP_GUARD, useClass: ThrottlerGuard }],
      },
      platform,
    );
    const say = async (address: string): Promise<unknown> => {
      const client = connect('/', { extraHeaders: { 'X-Forwarded-For': `${address}${added}` } });
      await entered(client);
      return ask(client, 'say');
    };
    expect(await say('198.51.100.1')).toEqual(['said']);
    expect(await say('192.0.2.9, 198.51.100.1')).toEqual([{ error: expect.objectContaining({ status: 429 }) }]);
    expect(await say('198.51.100.2')).toEqual(['said']);
  });
});

it('accepts the same handshakes without a proxy', async () => {
  expect(await upgrade({})).toBe(ACCEPTED_STATUS);
});
