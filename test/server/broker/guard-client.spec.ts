import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { guardBrokerClient, guardClient } from '../../../lib/server/broker/guard-client.js';
import { RecordingLog } from '../../support/engine-rig.js';

class Client extends EventEmitter {
  #secret = 'private';
  readonly options = { lazyConnect: false };

  get secret(): string {
    return this.#secret;
  }

  publish(_channel: string, _message: string): Promise<number> {
    return Promise.reject(new Error('away'));
  }

  broken(): void {
    throw new Error('closed');
  }

  chain(): this {
    return this;
  }

  duplicate(): Client {
    return new Client();
  }
}

let failed: ReturnType<typeof vi.fn<(method: string, error: unknown) => void>>;
let client: Client;
let guarded: Client;

beforeEach(() => {
  failed = vi.fn();
  client = new Client();
  guarded = guardClient(client, { failed, link: null });
});

describe('a guarded client', () => {
  it('passes rejections to the guard, and to a caller that waits', async () => {
    void guarded.publish('a', 'ignored');
    await expect(guarded.publish('a', 'b')).rejects.toThrow('away');
    expect(failed.mock.calls.map(([method]) => method)).toEqual(['publish', 'publish']);
  });

  it('turns an exception into a rejection', async () => {
    await expect(guarded.broken()).rejects.toThrow('closed');
    expect(failed).toHaveBeenCalledExactlyOnceWith('broken', expect.objectContaining({ message: 'closed' }));
  });

  it('behaves like the client otherwise', () => {
    expect(guarded.secret).toBe('private');
    expect(guarded.constructor).toBe(Client);
    expect(guarded.options).toBe(client.options);
    expect(guarded.chain()).toBe(guarded);
    expect(Reflect.get(guarded, 'publish')).toBe(Reflect.get(guarded, 'publish'));
    const heard = vi.fn();
    guarded.on('ready', heard);
    client.emit('ready', 1);
    guarded.off('ready', heard);
    client.emit('ready', 2);
    expect(heard.mock.calls).toEqual([[1]]);
    Object.assign(guarded, { added: 1 });
    expect(client).toMatchObject({ added: 1 });
    client.publish = () => Promise.resolve(5);
    return expect(guarded.publish('a', 'b')).resolves.toBe(5);
  });

  it('guards its duplicates', async () => {
    await expect(guarded.duplicate().publish('a', 'b')).rejects.toThrow('away');
    expect(failed).toHaveBeenCalledOnce();
  });
});

it('logs the failures of a client that an application guards', async () => {
  const logger = new RecordingLog();
  const own = guardBrokerClient(client, { logger });
  await expect(own.publish('a', 'b')).rejects.toThrow('away');
  await expect(own.publish('a', 'b')).rejects.toThrow('away');
  expect(logger.errors).toEqual([
    ["publish of the broker's client failed", expect.objectContaining({ message: 'away' })],
  ]);
});
