import { describe, expect, it } from 'vitest';
import { SendOnly, SendOnlyNamespace } from '../../lib/cluster/send-only.js';
import { BroadcastOperator, BroadcastTarget } from '../../lib/server/internal.js';

/** Records every call. */
class Recorder extends SendOnly {
  readonly did: unknown[][] = [];
  protected send(...args: unknown[]): void {
    this.did.push(['send', ...args]);
  }
  protected join(...args: unknown[]): void {
    this.did.push(['join', ...args]);
  }
  protected leave(...args: unknown[]): void {
    this.did.push(['leave', ...args]);
  }
  protected disconnect(...args: unknown[]): void {
    this.did.push(['disconnect', ...args]);
  }
  protected emitToServers(...args: unknown[]): void {
    this.did.push(['tellServers', ...args]);
  }
}

function start() {
  const recorder = new Recorder();
  const namespace = new SendOnlyNamespace('/chat', recorder);
  return { did: recorder.did, namespace, chat: new BroadcastOperator(namespace, BroadcastTarget.everybody) };
}

const emitOnly = (what: string) =>
  expect.objectContaining({
    code: 'EMIT_ONLY',
    message:
      `${what} cannot reach this process, which has no server: make the call in a process that imports ` +
      'SocketIoModule.forRoot({ adapter }), or emit without an acknowledgement',
  });

describe('a process that only emits', () => {
  it('sends every call that needs no answer', () => {
    const { did, chat, namespace } = start();
    const den = BroadcastTarget.everybody.to('den');
    expect(chat.to('den').emit('said', 1)).toBe(true);
    chat.to('den').send('two');
    chat.in('den').socketsJoin(['a', 'b']);
    chat.in('den').socketsLeave('a');
    chat.in('den').disconnectSockets(true);
    expect(namespace.serverSideEmit('news', 3)).toBe(true);
    namespace.contain();
    expect(did).toEqual([
      ['send', { type: 2, nsp: '/chat', data: ['said', 1] }, den],
      ['send', { type: 2, nsp: '/chat', data: ['message', 'two'] }, den],
      ['join', den, ['a', 'b']],
      ['leave', den, ['a']],
      ['disconnect', den, true],
      ['tellServers', ['news', 3]],
    ]);
  });

  it('sends nothing to an empty list of rooms', () => {
    const { did, chat } = start();
    const none = chat.to([]);
    none.emit('said');
    none.socketsJoin('a');
    none.socketsLeave('a');
    none.disconnectSockets();
    expect(did).toEqual([]);
  });

  it('throws at once if an acknowledgement is requested', async () => {
    const { did, chat } = start();
    const refusal = emitOnly('an acknowledgement of "ask"');
    expect(() => chat.emit('ask', () => {})).toThrow(refusal);
    expect(() => chat.timeout(10).emit('ask', () => {})).toThrow(refusal);
    await expect(chat.emitWithAck('ask')).rejects.toThrow(refusal);
    expect(did).toEqual([]);
  });

  it('throws at once if the list of sockets is requested', async () => {
    const { chat } = start();
    const refusal = emitOnly('the list of sockets for fetchSockets() or call()');
    await expect(chat.fetchSockets()).rejects.toThrow(refusal);
    await expect(chat.allSockets()).rejects.toThrow(refusal);
    await expect(chat.to('ann').call('ask')).rejects.toThrow(refusal);
  });

  it('throws at once if answers of servers are requested', () => {
    const { did, namespace } = start();
    expect(() => namespace.serverSideEmit('who?', () => {})).toThrow(emitOnly(`the servers' answers to "who?"`));
    expect(did).toEqual([]);
  });

  it.each([
    ['emit', (chat: BroadcastOperator) => chat.emit('said')],
    ['socketsJoin', (chat: BroadcastOperator) => chat.socketsJoin('a')],
    ['socketsLeave', (chat: BroadcastOperator) => chat.socketsLeave('a')],
    ['disconnectSockets', (chat: BroadcastOperator) => chat.disconnectSockets()],
  ])('throws for local %s: it has no clients', (_method, call) => {
    const { did, chat } = start();
    expect(() => call(chat.local)).toThrow(
      expect.objectContaining({
        code: 'EMIT_ONLY',
        message: 'local selects the clients of this process, which has no server: leave it out',
      }),
    );
    expect(did).toEqual([]);
  });

  it('refuses reserved event names', () => {
    const { chat, namespace } = start();
    const refusal = expect.objectContaining({ code: 'RESERVED_EVENT' });
    expect(() => chat.emit('disconnect')).toThrow(refusal);
    expect(() => namespace.serverSideEmit('connection')).toThrow(refusal);
  });
});
