/** The metrics as an application with OpenTelemetry's SDK exports them. */
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { afterEach, describe, expect, it } from 'vitest';
import { HISTOGRAMS, NUMBERS } from '../../../../lib/server/telemetry/metrics/metric-table.js';
import { cleanUp, onCleanUp } from '../../../support/engine-clean-up.js';
import { fakeAdapter } from '../../../support/fake-adapter.js';
import { startServer } from '../../../support/server-rig.js';

afterEach(cleanUp);

/** Registers a meter provider. @returns a function that collects, and returns the metrics by name */
function startSdk(): () => Promise<ReadonlyMap<string, MetricData>> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const provider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1_000_000_000 })],
  });
  metrics.setGlobalMeterProvider(provider);
  onCleanUp(async () => {
    metrics.disable();
    await provider.shutdown();
  });
  return async () => {
    exporter.reset();
    await provider.forceFlush();
    const scopes = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
    const own = scopes.filter(({ scope }) => scope.name === 'nest-socketio').flatMap((scope) => scope.metrics);
    return new Map(own.map((data) => [data.descriptor.name, data]));
  };
}

const pointsOf = (data: MetricData | undefined): (readonly [object, unknown])[] =>
  data?.dataPoints.map(({ attributes, value }) => [attributes, value] as const) ?? [];

describe('with a meter provider', () => {
  it('all metrics are exported, with their units, descriptions and labels', async () => {
    const collect = startSdk();
    const rig = await startServer({ adapter: () => fakeAdapter() });
    rig.of('/').onEvent('say', () => {});
    const [client, socket] = await rig.join();
    client.send('42["say"]');
    await client.idle();
    socket.emit('you');
    await rig.server.broker.send(1, () => Promise.resolve());
    (await rig.open()).send('9');
    const isClosed = async (): Promise<boolean> =>
      pointsOf((await collect()).get('socketio.server.connections.closed')).some(([, value]) => value === 1);
    await expect.poll(isClosed).toBe(true);

    const exported = await collect();
    for (const { name, kind, unit, description } of [...NUMBERS, ...HISTOGRAMS]) {
      const data = exported.get(name);
      if (data === undefined) continue; // nothing to measure: see below
      const type =
        kind === 'counter' ? DataPointType.SUM : kind === 'gauge' ? DataPointType.GAUGE : DataPointType.HISTOGRAM;
      expect(data).toMatchObject({ descriptor: { name, unit, description }, dataPointType: type });
      if (kind === 'counter') expect(data).toMatchObject({ isMonotonic: true });
    }
    const absent = [...NUMBERS, ...HISTOGRAMS].map(({ name }) => name).filter((name) => !exported.has(name));
    expect(absent).toEqual([
      'socketio.server.clients.disconnected',
      'socketio.server.clients.refused',
      'socketio.server.events.unhandled',
      'socketio.server.events.dropped',
      'socketio.server.acks',
      'socketio.server.rate_limited',
      'socketio.server.sessions.kept',
      'socketio.server.recoveries',
      'socketio.broker.nodes',
    ]);
    expect(pointsOf(exported.get('socketio.server.events.received'))).toEqual([
      [{ namespace: '/', event: 'say' }, 1],
      [{ namespace: '/', event: 'fence' }, 1],
    ]);
    expect(pointsOf(exported.get('socketio.server.events.sent'))).toEqual([[{ namespace: '/', event: 'you' }, 1]]);
  });

  it('histograms get each value, in the buckets of the table', async () => {
    const collect = startSdk();
    const rig = await startServer({ adapter: () => fakeAdapter() });
    rig.server.label = '/chat';
    const [client] = await rig.join();
    await client.idle();
    await rig.server.broker.send(1, () => Promise.resolve());
    const exported = await collect();
    const handled = exported.get('socketio.server.handler.duration')?.dataPoints[0];
    const bounds = HISTOGRAMS.find(({ name }) => name === 'socketio.server.handler.duration')?.bounds;
    expect(handled?.attributes).toEqual({ namespace: '/', event: 'fence', outcome: 'ok', server: '/chat' });
    expect(handled?.value).toMatchObject({ count: 1, buckets: { boundaries: bounds } });
    expect(exported.get('socketio.broker.latency')?.dataPoints[0]?.value).toMatchObject({ count: 1 });
  });

  it('a closed server is no longer read', async () => {
    const collect = startSdk();
    const { server } = await startServer();
    const draining = async (): Promise<unknown> => pointsOf((await collect()).get('socketio.server.draining'));
    expect(await draining()).toEqual([[{}, 0]]);
    await server.close();
    expect(server.draining).toBe(true);
    expect(await draining()).toEqual([[{}, 0]]); // the SDK repeats the last value
  });
});

it('without a meter provider, nothing is watched', async () => {
  const { server } = await startServer();
  expect(server.telemetry.instruments).toBeNull();
});
