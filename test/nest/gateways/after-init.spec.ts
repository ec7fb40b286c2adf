import { WebSocketServer } from '@nestjs/websockets';
import { describe, expect, it, vi } from 'vitest';
import { ScopedAfterInit } from '../../../lib/nest/gateways/after-init.js';

describe('ScopedAfterInit', () => {
  class Chat {
    @WebSocketServer()
    server: unknown;
    other = 1;
    readonly afterInit = vi.fn<(server: unknown) => void>();
  }

  /** The object that Nest has for a scoped gateway: its constructor never ran. */
  function placeholder(): Chat {
    return Object.create(Chat.prototype) as Chat;
  }

  it('gives each instance the server that Nest passed, and calls afterInit() once', async () => {
    const nests = placeholder();
    const init = new ScopedAfterInit(nests);
    nests.afterInit('the server');
    const [first, second] = [new Chat(), new Chat()];
    await Promise.all([init.call(first), init.call(first), init.call(second)]);
    for (const chat of [first, second]) {
      expect([chat.server, chat.other]).toEqual(['the server', 1]);
      expect(chat.afterInit.mock.calls).toEqual([['the server']]);
    }
  });

  it('rejects if afterInit() fails', async () => {
    const init = new ScopedAfterInit(placeholder());
    const chat = new Chat();
    chat.afterInit.mockImplementation(() => {
      throw new Error('x');
    });
    await expect(init.call(chat)).rejects.toThrow('x');
  });

  it('does not need afterInit()', async () => {
    class Plain {}
    await expect(new ScopedAfterInit(Object.create(Plain.prototype) as object).call(new Plain())).resolves.toBe(
      undefined,
    );
  });
});
