import { describe, expect, it, vi } from 'vitest';
import { SocketIoError } from '../../../lib/errors.js';
import { OtherServers } from '../../../lib/nest/admin/other-servers.js';
import type { Namespace } from '../../../lib/server/internal.js';

const isText = (answer: unknown): answer is string => typeof answer === 'string';

/** The other servers of a namespace, whose answers are given. */
function setUp(answers: () => Promise<unknown[]>) {
  const listeners = new Map<string, (...args: unknown[]) => void>();
  const serverSideEmit = vi.fn();
  const namespace = {
    on: (event: string, listener: (...args: unknown[]) => void) => listeners.set(event, listener),
    serverSideEmitWithAck: answers,
    serverSideEmit,
  } as unknown as Namespace;
  const respondent = { answer: vi.fn(() => 'an answer'), unfollow: vi.fn() };
  return { others: new OtherServers(namespace, respondent), listeners, respondent, serverSideEmit };
}

const incomplete = (cause: unknown) =>
  Object.assign(new SocketIoError('ACK_INCOMPLETE', 'some are silent', { cause }), { responses: ['a', 7] });

describe('the other servers', () => {
  it('answer, except for answers that are not as they should be', async () => {
    const { others } = setUp(() => Promise.resolve(['a', null, 7, 'b']));
    expect(await others.ask('x', null, isText)).toEqual({ parts: ['a', 'b'], silent: [] });
  });

  it.each([
    [{ nodes: ['web-2:7'] }, ['web-2:7']],
    [new Error('timeout'), ['another server']],
    [undefined, ['another server']],
  ])('that are silent are named: %o', async (cause, silent) => {
    const { others } = setUp(() => Promise.reject(incomplete(cause)));
    expect(await others.ask('x', null, isText)).toEqual({ parts: ['a'], silent });
  });

  it('make a question fail that cannot be sent', async () => {
    const { others } = setUp(() => Promise.reject(new SocketIoError('VALUE_TOO_DEEP', 'too deep')));
    await expect(others.ask('x', null, isText)).rejects.toMatchObject({ code: 'VALUE_TOO_DEEP' });
  });

  it('ask this one, too', () => {
    const { others, listeners, respondent, serverSideEmit } = setUp(() => Promise.resolve([]));
    const answer = vi.fn();
    listeners.get('ask')?.('rooms', { limit: 1 }, answer);
    expect(respondent.answer).toHaveBeenCalledWith('rooms', { limit: 1 });
    expect(answer).toHaveBeenCalledWith('an answer');
    listeners.get('unfollow')?.('v');
    expect(respondent.unfollow).toHaveBeenCalledWith('v');
    others.unfollow('w');
    expect(serverSideEmit).toHaveBeenCalledWith('unfollow', 'w');
  });
});
