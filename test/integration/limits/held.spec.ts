/** Attacks and mistakes that never did any harm, and must not begin to. */
import { Injectable, Scope } from '@nestjs/common';
import { MessageBody } from '@nestjs/websockets';
import { Event, Gateway, OnConnect, Server } from 'nest-socketio';
import { WireClient } from 'nest-socketio/testing';
import { describe, expect, it } from 'vitest';
import { memoryInUse } from '../../support/memory-in-use.js';
import { serve } from '../../support/nest-rig.js';

const trap = (): never => {
  throw new Error('secret: a trap');
};

/** Values that are hard to describe, each of which a handler throws. */
const EXOTIC: Readonly<Record<string, () => unknown>> = {
  'a Proxy that throws at every access': () =>
    new Proxy({}, { get: trap, getPrototypeOf: trap, has: trap, ownKeys: trap }),
  'a BigInt': () => 10n,
  'a Symbol': () => Symbol('secret'),
  null: () => null,
  undefined: () => undefined,
  'a function': () => trap,
  'an Error that refers to itself': () => {
    const error: Error & { self?: unknown } = new Error('secret');
    error.self = error;
    return error;
  },
  'an Error whose message throws': () => Object.defineProperty(new Error(), 'message', { get: trap }),
  'an object whose toJSON throws': () => ({ toJSON: trap }),
  // oxlint-disable-next-line unicorn/no-thenable -- the value that is tested
  'a thenable that throws': () => ({ then: trap }),
};

@Gateway()
class Chat {
  @Event()
  fail(@MessageBody() kind: string): never {
    throw EXOTIC[kind]?.();
  }

  @Event()
  async reject(@MessageBody() kind: string): Promise<never> {
    await Promise.resolve();
    throw EXOTIC[kind]?.();
  }

  @Event()
  ping(): string {
    return 'pong';
  }
}

describe('an error of an exotic kind', () => {
  it.each(Object.keys(EXOTIC))('tells the client an id at most: %s', async (kind) => {
    const { join } = await serve([Chat]);
    const [client, healthy] = [await join(), await join()];
    for (const event of ['fail', 'reject']) {
      const answer: unknown = await client.timeout(5_000).emitWithAck(event, kind);
      expect(answer).toEqual({
        error: { code: 'internal', message: 'Internal server error', id: expect.stringMatching(/^[\w-]{20}$/) },
      });
    }
    expect(await healthy.timeout(5_000).emitWithAck('ping')).toBe('pong');
  });
});

describe('a request-scoped gateway', () => {
  it('leaves nothing of a thousand clients', async () => {
    @Injectable({ scope: Scope.REQUEST })
    @Gateway('/scoped')
    class Scoped {
      readonly own = 'x'.repeat(1_000);

      @Event()
      ping(): string {
        return this.own;
      }
    }
    const { app } = await serve([Scoped, Chat]);
    const visit = async (): Promise<void> => {
      const client = await WireClient.connect(app);
      client.send('40/scoped,');
      client.send('42/scoped,0["ping"]');
      while (!String(await client.next()).startsWith('43/scoped,0'));
      await client.close();
    };
    const visits = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i += 50) await Promise.all(Array.from({ length: 50 }, visit));
    };
    await visits(200);
    const before = memoryInUse();
    await visits(1_000);
    await expect.poll(() => app.get(Server).engine.clientsCount).toBe(0);
    await expect.poll(() => memoryInUse() - before).toBeLessThan(5_000_000);
  });
});

describe('close()', () => {
  it('ends clients in the middle of their handshakes and connect handlers', async () => {
    @Gateway('/slow')
    class Slow {
      @OnConnect()
      enter(): Promise<void> {
        return new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    let asked = 0;
    const { app, log } = await serve([Slow, Chat], {
      server: {
        allowRequest: (_request, callback) => {
          if (++asked <= 20) callback(null, true);
          else setTimeout(() => callback(null, true), 100);
        },
      },
    });
    const entering = await Promise.all(Array.from({ length: 20 }, () => WireClient.connect(app)));
    for (const client of entering) client.send('40/slow,');
    const knocking = Array.from({ length: 20 }, () => WireClient.connect(app).catch(() => 'refused'));
    await expect.poll(() => asked).toBe(40);
    await app.get(Server).close();
    const codes = await Promise.all(entering.map(({ closed }) => closed));
    expect(new Set(codes.map(({ code }) => code))).toEqual(new Set([1001]));
    expect(new Set(await Promise.all(knocking))).toEqual(new Set(['refused']));
    expect(app.get(Server).engine.clientsCount).toBe(0);
    expect(log.errors).toEqual([]);
  });
});
