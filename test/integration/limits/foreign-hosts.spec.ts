/** Pages of other origins, and host names that do not belong to the server. */
import { Event, Gateway, Server, SocketIoModule } from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { ACCEPTED, ask as askHttp, handshake, openRaw } from '../../support/engine-clients.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { hostileScene } from '../../support/hostile-scene.js';
import { ask } from '../../support/events.js';
import { PLATFORMS, startApp } from '../../support/nest-app.js';
import { entered } from '../../support/nest-rig.js';

const scene = hostileScene();

/** Sends an upgrade request. @returns the status line of the answer */
async function statusOf(headers: Record<string, string | null>, port = scene.rig.port): Promise<string> {
  const client = await openRaw(port);
  client.write(handshake(undefined, headers));
  const status = await client.readText('HTTP/1.1 101');
  client.reset();
  return status;
}

const FORBIDDEN = 'HTTP/1.1 403';
const SWITCHED = ACCEPTED.slice(0, FORBIDDEN.length);

describe('a page of another origin', () => {
  it.each([
    'http://evil.example',
    'https://evil.example',
    'http://shop.example.evil.example',
    'http://evilshop.example',
    'http://shop.example:3000',
    'http://shop.example.:81',
    'http://shop.example@evil.example',
    'http://evil.example/shop.example',
    'http://evil.example#shop.example',
    'http://evil.example?shop.example',
    'http://evil.example\\@shop.example:81',
    'http://shop%2Eexample.evil.example',
    'http://[::1]',
    'http://127.0.0.1',
    'null',
    '',
    'file://',
    'shop.example',
  ])('is refused before 101: %j', async (Origin) => {
    expect(await statusOf({ Host: 'shop.example', Origin })).toBe(FORBIDDEN);
  });

  it.each(['assets://.', 'capacitor://localhost', 'tauri://localhost', 'app://-', 'file://', 'null'])(
    'of another scheme is accepted with the line that the log names: %s',
    async (Origin) => {
      expect(await statusOf({ Origin })).toBe(FORBIDDEN);
      const [line = ''] = scene.rig.log.warnings;
      const given = /set cors: \{ origin: (\[.*\]) \}$/.exec(line)?.[1];
      await scene.restart({ cors: { origin: JSON.parse(given ?? '') as string[] } });
      expect(await statusOf({ Origin })).toBe(SWITCHED);
      expect(await statusOf({ Origin: `${Origin}.evil` })).toBe(FORBIDDEN);
    },
  );

  it('cannot pass with a forwarded host that no proxy has set', async () => {
    const headers = { Host: 'shop.example', Origin: 'http://evil.example', 'X-Forwarded-Host': 'evil.example' };
    expect(await statusOf(headers)).toBe(FORBIDDEN);
  });

  it('cannot pass with a second forwarded host behind a trusted proxy', async () => {
    await scene.restart({ trustProxy: true });
    const headers = {
      Host: 'internal:3000',
      Origin: 'http://evil.example',
      'X-Forwarded-Host': 'shop.example, evil.example',
    };
    expect(await statusOf(headers)).toBe(FORBIDDEN);
    expect(await statusOf({ ...headers, Origin: 'http://shop.example' })).toBe(SWITCHED);
  });
});

describe('a page whose host name resolves to this server', () => {
  const rebound = { Host: 'rebind.example', Origin: 'http://rebind.example' };
  const allowedHosts = ['shop.example', '*.shop.example', 'localhost:3000', '127.0.0.1'];

  it('is accepted without allowedHosts: it has the same origin as the server', async () => {
    expect(await statusOf(rebound)).toBe(SWITCHED);
  });

  it('is refused before 101 with allowedHosts, and the log names the host and the option', async () => {
    let asked = 0;
    await scene.restart({ allowedHosts, use: [(_request, _response, done) => (asked++, done())] });
    const before = asked;
    expect(await statusOf(rebound)).toBe(FORBIDDEN);
    expect(asked).toBe(before);
    expect(scene.rig.log.warnings).toEqual([
      expect.stringMatching(
        /^refused a client that asked for the host "rebind\.example": if this server has that name, add it to the option allowedHosts; /,
      ),
    ]);
  });

  it.each([
    ['shop.example', SWITCHED],
    ['eu.shop.example:8443', SWITCHED],
    ['localhost:3000', SWITCHED],
    ['localhost:3001', FORBIDDEN],
    ['shop.example.rebind.example', FORBIDDEN],
    ['shop.example@rebind.example', FORBIDDEN],
    ['rebind.example, shop.example', FORBIDDEN],
  ])('and a client that asks for %j gets %s', async (Host, status) => {
    await scene.restart({ allowedHosts });
    expect(await statusOf({ Host })).toBe(status);
  });

  it('is refused by the forwarded host behind a trusted proxy', async () => {
    await scene.restart({ allowedHosts, trustProxy: true });
    for (const [host, status] of [
      ['shop.example', SWITCHED],
      ['rebind.example', FORBIDDEN],
      ['rebind.example, shop.example', FORBIDDEN],
    ] as const) {
      expect(await statusOf({ Host: 'internal:3000', 'X-Forwarded-Host': host }), host).toBe(status);
    }
  });

  it('is refused for plain requests, too', async () => {
    await scene.restart({ allowedHosts });
    const poll = (Host: string) =>
      askHttp(scene.rig.port, '/socket.io/?EIO=4&transport=polling', { headers: { Host } });
    expect(await poll('rebind.example')).toMatchObject({
      status: 403,
      body: expect.stringMatching(
        /^\{"code":4,"message":"Forbidden","hint":"the Host of the request is not in the option allowedHosts: .*X-Forwarded-Host with the option trustProxy"\}$/,
      ),
    });
    expect(await poll('shop.example')).toMatchObject({ status: 400 });
  });

  it.each(PLATFORMS)('is refused by an application on %s', async (platform) => {
    @Gateway()
    class Chat {
      @Event()
      ask(): string {
        return 'here';
      }
    }
    const logger = new RecordingLog();
    const { app, connect, url } = await startApp(
      { imports: [SocketIoModule.forRoot({ logger, allowedHosts })], providers: [Chat] },
      platform,
    );
    const healthy = connect();
    await entered(healthy);
    const port = Number(new URL(url).port);
    const tries = await Promise.all(Array.from({ length: 50 }, () => statusOf(rebound, port)));
    expect(new Set(tries)).toEqual(new Set([FORBIDDEN]));
    expect(await ask(healthy, 'ask')).toEqual(['here']);
    expect(logger.warnings).toHaveLength(1); // however often a client tries
    expect(app.get(Server).engine.clientsCount).toBe(1);
  });
});
