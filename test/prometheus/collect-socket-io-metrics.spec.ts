import { register, Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { collectSocketIoMetrics } from 'nest-socketio/prometheus';
import { cleanUp } from '../support/engine-clean-up.js';
import { startServer } from '../support/server-rig.js';

afterEach(cleanUp);

/** The lines of the text that a registry returns for a metric, without comments. */
async function linesOf(registry: Registry, name: string): Promise<string[]> {
  const text = await registry.metrics();
  return text.split('\n').filter((line) => line.startsWith(name));
}

describe('collectSocketIoMetrics', () => {
  it('adds the metrics of a server to a registry, and removes them', async () => {
    const registry = new Registry();
    const rig = await startServer();
    const stop = collectSocketIoMetrics(rig.server, { registry });
    const [client] = await rig.join();
    await client.idle();
    expect(await linesOf(registry, 'socketio_server_events_received')).toEqual([
      'socketio_server_events_received_total{namespace="/",event="fence"} 1',
    ]);
    expect(await linesOf(registry, 'socketio_server_connections ')).toEqual(['socketio_server_connections 1']);
    expect(await registry.metrics()).toContain(
      '# HELP socketio_server_connections Open connections.\n# TYPE socketio_server_connections gauge\n',
    );
    stop();
    expect(await registry.metrics()).toBe('\n');
  });

  it('writes distributions as cumulative buckets', async () => {
    const registry = new Registry();
    const { server } = await startServer();
    collectSocketIoMetrics(server, { registry });
    for (const lasted of [500, 1_000, 30_000, 1e9]) server.engine.traffic.closed('ping timeout', lasted);
    const lines = await linesOf(registry, 'socketio_server_connection_duration_seconds');
    expect(lines.slice(0, 3)).toEqual([
      'socketio_server_connection_duration_seconds_bucket{reason="ping timeout",le="1"} 2',
      'socketio_server_connection_duration_seconds_bucket{reason="ping timeout",le="10"} 2',
      'socketio_server_connection_duration_seconds_bucket{reason="ping timeout",le="30"} 3',
    ]);
    expect(lines.slice(-3)).toEqual([
      'socketio_server_connection_duration_seconds_bucket{reason="ping timeout",le="+Inf"} 4',
      'socketio_server_connection_duration_seconds_sum{reason="ping timeout"} 1000031.5',
      'socketio_server_connection_duration_seconds_count{reason="ping timeout"} 4',
    ]);
  });

  it('holds several servers in one registry, told apart by their labels', async () => {
    const registry = new Registry();
    const [chat, news] = [await startServer(), await startServer()];
    const stop = collectSocketIoMetrics(chat.server, { registry, labels: { server: 'chat' } });
    expect(() => collectSocketIoMetrics(news.server, { registry, labels: { server: 'chat' } })).toThrow(
      'servers in one registry must have different labels, got {"server":"chat"} twice',
    );
    const stopNews = collectSocketIoMetrics(news.server, { registry });
    await news.open();
    expect(await linesOf(registry, 'socketio_server_connections{')).toEqual([
      'socketio_server_connections{server="chat"} 0',
    ]);
    expect(await linesOf(registry, 'socketio_server_connections ')).toEqual(['socketio_server_connections 1']);
    stop();
    expect(await linesOf(registry, 'socketio_server_connections{')).toEqual([]);
    expect(await linesOf(registry, 'socketio_server_connections ')).toHaveLength(1);
    stopNews();
    expect(registry.getMetricsAsArray()).toEqual([]);
  });

  it('reads the server once for all metrics', async () => {
    const registry = new Registry();
    const { server } = await startServer();
    let reads = 0;
    const counting = { label: null, metrics: { collect: () => (reads++, server.metrics.collect()) } };
    collectSocketIoMetrics(counting, { registry });
    reads = 0;
    await registry.metrics();
    expect(reads).toBe(1);
    await registry.getMetricsAsJSON();
    expect(reads).toBe(2);
  });

  it('also writes the format of OpenMetrics', async () => {
    const registry = new Registry();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
    const { server } = await startServer();
    const stop = collectSocketIoMetrics(server, { registry });
    for (let scrape = 0; scrape < 2; scrape++) {
      const text = await registry.metrics();
      expect(text).toContain(
        '# TYPE socketio_server_connections_opened counter\nsocketio_server_connections_opened_total 0',
      );
    }
    stop();
    expect(registry.getMetricsAsArray()).toEqual([]);
  });

  it('can be aggregated over processes, and survives a reset of the registry', async () => {
    const registry = new Registry();
    const { server } = await startServer();
    collectSocketIoMetrics(server, { registry });
    registry.resetMetrics();
    const aggregators = new Map(
      (await registry.getMetricsAsJSON()).map(({ name, aggregator }) => [name, aggregator as unknown]),
    );
    expect(aggregators.get('socketio_server_connections')).toBe('sum');
    expect(aggregators.get('socketio_broker_connected')).toBe('min');
    expect(aggregators.get('socketio_server_event_loop_delay_seconds')).toBe('max');
  });

  it('uses the global registry unless told otherwise, and a prefix', async () => {
    const { server } = await startServer();
    const stop = collectSocketIoMetrics(server, { prefix: 'chat_' });
    expect(await register.metrics()).toContain('chat_socketio_server_connections 0');
    stop();
  });

  it.each([
    [{ prefix: '1' }, 'option "prefix" must consist of letters, digits and underscores, and not begin with a digit'],
    [{ prefix: 'a-' }, 'option "prefix" must'],
    [{ register }, 'register'],
  ])('refuses %j', async (options, message) => {
    const { server } = await startServer();
    expect(() => collectSocketIoMetrics(server, options as object)).toThrow(message);
  });
});
