import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { MemorySocket } from '../../lib/testing/memory-socket.js';

function pair(moved: () => void = () => {}): [client: MemorySocket, server: MemorySocket] {
  return MemorySocket.pair('203.0.113.7', true, moved);
}

describe('MemorySocket', () => {
  it('reads at each end what the other one writes', async () => {
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

  it('loses what comes too late', async () => {
    const [client, server] = pair();
    server.on('data', () => {}).on('error', () => {});
    server.destroy();
    client.write('a');
    client.destroy();
    await Promise.all([once(client, 'close'), once(server, 'close')]);
    expect(server.bytesRead).toBe(0);
  });

  it('looks like a socket of that address', () => {
    const [client, server] = pair();
    expect(server).toMatchObject({ remoteAddress: '203.0.113.7', encrypted: true });
    expect(client).toMatchObject({ remoteAddress: '127.0.0.1', encrypted: true });
  });

  it('tells of everything that happens on it', async () => {
    const moved = vi.fn();
    const [client, server] = pair(moved);
    client.write('a');
    expect(moved).toHaveBeenCalledTimes(1);
    server.write('b');
    expect(moved).toHaveBeenCalledTimes(2);
    server.end();
    expect(moved).toHaveBeenCalledTimes(2); // what was written has not been taken yet
    client.resume();
    await once(client, 'end');
    expect(moved.mock.calls.length).toBeGreaterThan(2);
  });

  it('holds back a writer whose reader does not read', async () => {
    const [client, server] = pair();
    const chunk = Buffer.alloc(200_000);
    while (client.write(chunk));
    client.write(chunk);
    expect(client.writableLength).toBeGreaterThanOrEqual(200_000);
    server.resume();
    await once(client, 'drain');
    expect(client.writableLength).toBe(0);
  });

  it('ends what the other end reads, after what was written', async () => {
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

  it('ends what the other end reads when it is cut off', async () => {
    const [client, server] = pair();
    server.resume();
    client.destroy();
    await once(server, 'end');
    expect(server.destroyed).toBe(false); // it may still write, as on a network; nobody hears of it
    server.end('too late');
    await once(server, 'close');
    expect(client.bytesRead).toBe(0);
  });

  it('lets go of a writer whose reader is cut off without reading', async () => {
    const [client, server] = pair();
    client.on('error', () => {});
    client.end(Buffer.alloc(200_000));
    client.resume();
    server.destroy();
    await once(client, 'close');
    expect(client.writableFinished).toBe(true);
  });
});
