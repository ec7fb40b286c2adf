import { describe, expect, it } from 'vitest';
import { CommandFailed } from '../../../lib/cli/command.js';
import { type Connect, createStockClient, loadStockClient } from '../../../lib/cli/rehearse/stock-client.js';

describe('loadStockClient', () => {
  it('loads the client of the application', async () => {
    expect(await loadStockClient()).toBeTypeOf('function');
  });

  it('names the line to run if it is not installed', async () => {
    const missing = Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' });
    const failed = loadStockClient(() => Promise.reject(missing));
    await expect(failed).rejects.toThrow(CommandFailed);
    await expect(failed).rejects.toThrow('Run: npm install --save-dev socket.io-client');
  });

  it('does not hide another error', async () => {
    await expect(loadStockClient(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });
});

describe('createStockClient', () => {
  it('connects over a WebSocket of its own, and goes to the next address with each attempt', async () => {
    const connect = await loadStockClient();
    let number = 0;
    const created: unknown[] = [];
    const spy = ((url: string, options: object) => {
      created.push(url, options);
      return connect(url, { ...options, autoConnect: false });
    }) as Connect;
    const client = createStockClient(spy, () => `http://127.0.0.${++number}`, '/chat', { path: '/live/' });
    expect(created).toEqual(['http://127.0.0.1/chat', { transports: ['websocket'], forceNew: true, path: '/live/' }]);
    const { io } = client as unknown as { io: { uri: string; emitReserved(event: string, attempt: number): void } };
    io.emitReserved('reconnect_attempt', 1);
    expect(io.uri).toBe('http://127.0.0.2');
    client.disconnect();
  });
});
