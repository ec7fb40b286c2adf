import { type CanActivate, type DynamicModule, Injectable, Module, type NestInterceptor } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { Event, Gateway, RateLimit, SocketIoModule } from 'nest-socketio';
import { SocketIoPrometheusModule, type SocketIoPrometheusOptions } from 'nest-socketio/prometheus';
import { Registry } from 'prom-client';
import { map } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { PLATFORMS, startApp } from '../support/nest-app.js';
import { ask, entered } from '../support/nest-rig.js';
import { freePort } from '../support/process.js';

@Gateway('/chat')
class Chat {
  @Event()
  say(): string {
    return 'said';
  }

  @Event('*')
  @RateLimit(1, { per: 60_000 })
  rest(): void {}
}

const imports = (options: SocketIoPrometheusOptions = {}): DynamicModule[] => [
  SocketIoModule.forRoot(),
  SocketIoPrometheusModule.forRoot({ path: '/metrics', registry: new Registry(), ...options }),
];

async function scrape(url: string): Promise<{ status: number; type: string | null; text: string }> {
  const response = await fetch(`${url}/metrics`);
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

describe.each(PLATFORMS)('a route of SocketIoPrometheusModule on %s', (platform) => {
  it('answers with the metrics of the application', async () => {
    const wrapping: NestInterceptor = { intercept: (_, handler) => handler.handle().pipe(map((data) => ({ data }))) };
    const { url, connect } = await startApp({ imports: imports(), providers: [Chat] }, platform, (app) =>
      app.useGlobalInterceptors(wrapping),
    );
    const client = connect('/chat');
    await entered(client);
    expect(await ask(client, 'say')).toEqual([{ data: 'said' }]);
    const { status, type, text } = await scrape(url);
    expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(text).toContain('\nsocketio_server_clients{namespace="/chat"} 1\n');
    expect(text).toContain('\nsocketio_server_events_received_total{namespace="/chat",event="say"} 1\n');
  });

  it('can be guarded, by a guard that injects a provider', async () => {
    @Injectable()
    class Key {
      readonly isKnown = false;
    }
    @Module({ providers: [Key], exports: [Key] })
    class KeyModule {}
    @Injectable()
    class KeyGuard implements CanActivate {
      constructor(private readonly key: Key) {}

      canActivate(): boolean {
        return this.key.isKnown;
      }
    }
    const { url } = await startApp({ imports: imports({ guard: KeyGuard, imports: [KeyModule] }) }, platform);
    expect((await scrape(url)).status).toBe(403);
  });
});

describe('SocketIoPrometheusModule', () => {
  it('counts events that @RateLimit refuses, under the name that the handler declares', async () => {
    const registry = new Registry();
    const { connect } = await startApp({ imports: imports({ registry }), providers: [Chat] });
    const client = connect('/chat');
    await entered(client);
    for (const event of ['a', 'b', 'c']) await ask(client, event);
    const text = await registry.metrics();
    expect(text).toContain('\nsocketio_server_rate_limited_total{namespace="/chat",event="*"} 2\n');
    expect(text).toContain('outcome="rejected"} 2\n');
  });

  it('tells the servers of an application apart', async () => {
    const port = await freePort();
    @WebSocketGateway(port, { path: '/news' })
    class News {}
    const registry = new Registry();
    await startApp({ imports: imports({ registry }), providers: [Chat, News] });
    const text = await registry.metrics();
    expect(text).toContain('\nsocketio_server_connections{server="/socket.io"} 0\n');
    expect(text).toContain(`\nsocketio_server_connections{server="${port}/news"} 0\n`);
  });

  it('has no route without a path', async () => {
    const { url } = await startApp({ imports: [SocketIoModule.forRoot(), SocketIoPrometheusModule.forRoot()] });
    expect((await scrape(url)).status).toBe(404);
  });

  it('leaves the registry when the application shuts down, so that another one can use it', async () => {
    const registry = new Registry();
    const first = await startApp({ imports: imports({ registry, defaultMetrics: true }) });
    expect(await registry.metrics()).toContain('process_cpu_user_seconds_total');
    await first.app.close();
    expect(await registry.metrics()).not.toContain('socketio_');
    await startApp({ imports: imports({ registry, defaultMetrics: true }) });
    expect(await registry.metrics()).toContain('socketio_server_connections 0');
  });

  it('needs SocketIoModule', async () => {
    const app = startApp({ imports: [SocketIoPrometheusModule.forRoot({ registry: new Registry() })] });
    await expect(app).rejects.toMatchObject({
      code: 'INVALID_SETUP',
      message: expect.stringMatching(/^SocketIoPrometheusModule needs the servers of SocketIoModule/) as unknown,
    });
  });

  it.each([
    [{ path: 1 }, 'option "path" must be a path such as \'/metrics\', got 1'],
    [{ prefix: 'a b' }, 'option "prefix" must'],
    [{ guards: [] }, 'guards'],
  ])('refuses %j', (options, message) => {
    expect(() => SocketIoPrometheusModule.forRoot(options as object)).toThrow(message);
  });
});
