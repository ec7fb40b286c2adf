/** The bound on series: clients add none, and those of the application are limited. */
import { afterEach, describe, expect, it } from 'vitest';
import { IncomingEvent } from '../../../../lib/server/adapter/incoming-event.js';
import { Message } from '../../../../lib/engine/internal.js';
import { codecOf, DEFAULT_PACKET_LIMITS, encode, PacketType } from '../../../../lib/protocol/internal.js';
import { MAX_SERIES } from '../../../../lib/server/telemetry/metrics/event-metrics.js';
import { cleanUp } from '../../../support/engine-clean-up.js';
import { type ServerRig, startServer } from '../../../support/server-rig.js';
import { samplesOf } from './metric-changes.js';

afterEach(cleanUp);

/** The number of series of all metrics. */
function seriesOf({ server }: ServerRig): number {
  return server.metrics.collect().reduce((sum, { samples }) => sum + samples.length, 0);
}

describe('a flood of names', () => {
  it('of events adds nothing: they count as the handler declares them', async () => {
    const rig = await startServer();
    rig.server.metrics.start();
    rig.of('/all').onEvent('*', () => {});
    const client = await rig.open();
    await client.join('/all');
    await client.join('/');
    for (const packet of ['42/all,["first"]', '42["first"]']) client.send(packet);
    await client.idle();
    const series = seriesOf(rig);
    for (let i = 0; i < 300; i++) {
      client.send(`42/all,["event-${i}"]`);
      client.send(`42["event-${i}"]`);
    }
    await client.idle();
    expect(seriesOf(rig)).toBe(series);
    expect(samplesOf(rig.server, 'socketio.server.events.received')).toMatchObject({ 'namespace=/all event=*': 301 });
    expect(samplesOf(rig.server, 'socketio.server.events.unhandled')).toEqual({ 'namespace=/': 301 });
  });

  it('of namespaces and rooms adds nothing', async () => {
    const rig = await startServer({ limits: { namespaces: 1_000, refusedConnects: false } });
    rig.server.metrics.start();
    rig.server.of(/^\/room-\d+$/).on('connection', (socket) => socket.join(`room of ${socket.nsp.name}`));
    const client = await rig.open();
    await client.join('/room-0');
    client.send('40/none,');
    await client.next();
    const series = seriesOf(rig);
    for (let i = 1; i < 200; i++) {
      await client.join(`/room-${i}`);
      client.send(`40/none-${i},`);
      await client.next();
      rig.server.of(`/room-${i}`).emit('news');
      await client.next();
    }
    expect(seriesOf(rig)).toBe(series + 2); // emits and events sent
    expect(samplesOf(rig.server, 'socketio.server.clients')).toEqual({
      'namespace=/': 0,
      'namespace=/^\\/room-\\d+$/': 200,
    });
    expect(samplesOf(rig.server, 'socketio.server.emits')).toEqual({ 'namespace=/^\\/room-\\d+$/ event=news': 199 });
  });

  it('of the application itself is limited', async () => {
    const { server } = await startServer();
    server.metrics.start();
    for (let i = 0; i < MAX_SERIES + 10; i++) server.emit(`event-${i}`);
    server.emit('event-0');
    const emits = samplesOf(server, 'socketio.server.emits');
    expect(Object.keys(emits)).toHaveLength(MAX_SERIES + 1);
    expect(emits).toMatchObject({ 'namespace=/ event=event-0': 2, 'namespace=/ event=(other)': 10 });

    for (let i = 0; i < MAX_SERIES + 10; i++) server.of(`/n-${i}`).emit('news');
    const namespaces = Object.keys(samplesOf(server, 'socketio.server.emits')).map((labels) => labels.split(' ')[0]);
    expect(new Set(namespaces).size).toBe(MAX_SERIES + 1);
  });
});

describe('an event of another server', () => {
  const codec = codecOf(DEFAULT_PACKET_LIMITS);

  it('counts under its name, and is not decoded for it', async () => {
    const rig = await startServer();
    rig.server.metrics.start();
    const [, socket] = await rig.join();
    const [, other] = await rig.join();
    const message = Message.of(encode({ type: PacketType.EVENT, nsp: '/', data: ['news', { a: 1 }] }));
    const decoding = { ...codec, decoder: () => expect.unreachable('must not be decoded') };
    const event = new IncomingEvent(message, '/', decoding);
    for (const receiver of [socket, other]) receiver.deliver(event, message, false);
    expect(samplesOf(rig.server, 'socketio.server.events.sent')).toEqual({ 'namespace=/ event=news': 2 });
  });
});
