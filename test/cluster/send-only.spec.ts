import { describe, expect, it } from 'vitest';
import { SendOnly, SendOnlyNamespace } from '../../lib/cluster/send-only.js';
import { BroadcastOperator, BroadcastTarget } from '../../lib/server/index.js';

/** Writes down what it is to send. */
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
      `${what} cannot reach this process, which only emits: ask from a process with a server, ` +
      'that is SocketIoModule.forRoot({ adapter }), or emit without asking',
  });

describe('a process that only emits', () => {
  it('sends on its way what needs no answer', () => {
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

  it('sends nothing to nobody', () => {
    const { did, chat } = start();
    const nobody = chat.to([]);
    nobody.emit('said');
    nobody.socketsJoin('a');
    nobody.socketsLeave('a');
    nobody.disconnectSockets();
    expect(did).toEqual([]);
  });

  it('throws at once where an acknowledgement is asked for', async () => {
    const { did, chat } = start();
    const refusal = emitOnly('an acknowledgement of "ask"');
    expect(() => chat.emit('ask', () => {})).toThrow(refusal);
    expect(() => chat.timeout(10).emit('ask', () => {})).toThrow(refusal);
    await expect(chat.emitWithAck('ask')).rejects.toThrow(refusal);
    expect(did).toEqual([]);
  });

  it('throws at once where it is asked who is there', async () => {
    const { chat } = start();
    const refusal = emitOnly('the list of sockets, on which fetchSockets() and call() depend');
    await expect(chat.fetchSockets()).rejects.toThrow(refusal);
    await expect(chat.allSockets()).rejects.toThrow(refusal);
    await expect(chat.to('ann').call('ask')).rejects.toThrow(refusal);
  });

  it('throws at once where servers are asked', () => {
    const { did, namespace } = start();
    expect(() => namespace.serverSideEmit('who?', () => {})).toThrow(emitOnly(`the servers' answers to "who?"`));
    expect(did).toEqual([]);
  });

  it.each([
    ['emit', (chat: BroadcastOperator) => chat.emit('said')],
    ['socketsJoin', (chat: BroadcastOperator) => chat.socketsJoin('a')],
    ['socketsLeave', (chat: BroadcastOperator) => chat.socketsLeave('a')],
    ['disconnectSockets', (chat: BroadcastOperator) => chat.disconnectSockets()],
  ])('has no clients of its own for local %s', (_method, call) => {
    const { did, chat } = start();
    expect(() => call(chat.local)).toThrow(
      expect.objectContaining({
        code: 'EMIT_ONLY',
        message: 'local means the clients of this process, which has no server: leave it out',
      }),
    );
    expect(did).toEqual([]);
  });

  it('refuses names that no client or server could be sent', () => {
    const { chat, namespace } = start();
    const refusal = expect.objectContaining({ code: 'RESERVED_EVENT' });
    expect(() => chat.emit('disconnect')).toThrow(refusal);
    expect(() => namespace.serverSideEmit('connection')).toThrow(refusal);
  });
});
