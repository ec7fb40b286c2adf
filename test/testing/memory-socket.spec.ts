import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { MemorySocket } from '../../lib/testing/memory-socket.js';

function pair(onActivity: () => void = () => {}): [client: MemorySocket, server: MemorySocket] {
  return MemorySocket.pair('203.0.113.7', true, onActivity);
}

describe('MemorySocket', () => {
  it('reads at each end the bytes that the other end writes', async () => {
    const [client, server] = pair();
    client.write('ping');
    expect(String((await once(server, 'data'))[0])).toBe('ping');
    server.write('pong!');
    expect(String((await once(client, 'data'))[0])).toBe('pong!');
    expect([client.bytesWritten, server.bytesRead, server.bytesWritten, client.bytesRead]).toEqual([4, 4, 5, 5]);
  });

  it('delivers nothing while its user is still writing', async () => {
    const [client, server] = pair();
    const steps: string[] = [];
    server.on('data', () => steps.push('data')).on('end', () => steps.push('end'));
    client.write('a');
    client.end();
    steps.push('written');
    await once(server, 'end');
    expect(steps).toEqual(['written', 'data', 'end']);
  });

  it('loses bytes that arrive after the end is destroyed', async () => {
    const [client, server] = pair();
    server.on('data', () => {}).on('error', () => {});
    server.destroy();
    client.write('a');
    client.destroy();
    await Promise.all([once(client, 'close'), once(server, 'close')]);
    expect(server.bytesRead).toBe(0);
  });

  it('has the address of the client', () => {
    const [client, server] = pair();
    expect(server).toMatchObject({ remoteAddress: '203.0.113.7', encrypted: true });
    expect(client).toMatchObject({ remoteAddress: '127.0.0.1', encrypted: true });
  });

  it('reports every activity', async () => {
    const onActivity = vi.fn();
    const [client, server] = pair(onActivity);
    client.write('a');
    expect(onActivity).toHaveBeenCalledTimes(1);
    server.write('b');
    expect(onActivity).toHaveBeenCalledTimes(2);
    server.end();
    expect(onActivity).toHaveBeenCalledTimes(2); // the written bytes have not been read yet
    client.resume();
    await once(client, 'end');
    expect(onActivity.mock.calls.length).toBeGreaterThan(2);
  });

  it('applies backpressure to a writer whose peer does not read', async () => {
    const [client, server] = pair();
    const chunk = Buffer.alloc(200_000);
    while (client.write(chunk));
    client.write(chunk);
    expect(client.writableLength).toBeGreaterThanOrEqual(200_000);
    server.resume();
    await once(client, 'drain');
    expect(client.writableLength).toBe(0);
  });

  it('ends the readable side of the peer after the written bytes', async () => {
    const [client, server] = pair();
    client.end('last words');
    const heard: string[] = [];
    server.on('data', (data: Buffer) => heard.push(data.toString()));
    await once(server, 'end');
    expect(heard).toEqual(['last words']);
    server.end();
    client.resume();
    await Promise.all([once(client, 'close'), once(server, 'close')]);
  });

  it('ends the readable side of the peer when destroyed', async () => {
    const [client, server] = pair();
    server.resume();
    client.destroy();
    await once(server, 'end');
    expect(server.destroyed).toBe(false); // it may still write, as on a network; the bytes are lost
    server.end('too late');
    await once(server, 'close');
    expect(client.bytesRead).toBe(0);
  });

  it('releases a writer whose peer is destroyed without reading', async () => {
    const [client, server] = pair();
    client.on('error', () => {});
    client.end(Buffer.alloc(200_000));
    client.resume();
    server.destroy();
    await once(client, 'close');
    expect(client.writableFinished).toBe(true);
  });
});
