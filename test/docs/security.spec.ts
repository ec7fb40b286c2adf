/** The examples of docs/security.md do what the page says, and so do the origins in it. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Provider } from '@nestjs/common';
import { SocketIoModule } from 'nest-socketio';
import { Examples } from '../support/examples.js';
import { next } from '../support/nest-app.js';
import { ask, entered, refused, serve } from '../support/nest-rig.js';

const examples = new Examples('docs/security.md');

describe('security.md', () => {
  beforeAll(() => examples.compile());

  it('shows a gateway that lets in signed-in users, and signs them out everywhere', async () => {
    const { Tokens, SignedIn, AccountsGateway } = await examples.load<'Tokens' | 'SignedIn' | 'AccountsGateway'>(
      'accounts.gateway',
    );
    const { connect, join } = await serve([Tokens, SignedIn, AccountsGateway] as Provider[]);
    expect((await refused(connect('/accounts'))).message).toBe('Forbidden resource');
    const auth = { token: 'sesame' };
    const [one, two] = [await join('/accounts', { auth }), await join('/accounts', { auth })];
    const reasons = Promise.all([next(one, 'disconnect_reason'), next(two, 'disconnect_reason')]);
    one.emit('signOutEverywhere');
    const reason = { code: 'disconnected', message: 'signed out' };
    expect(await reasons).toEqual([[reason], [reason]]);
  });

  it('limits the calls of a user', async () => {
    const { Tokens, SignedIn, AccountsGateway } = await examples.load<'Tokens' | 'SignedIn' | 'AccountsGateway'>(
      'accounts.gateway',
    );
    const { join } = await serve([Tokens, SignedIn, AccountsGateway] as Provider[]);
    const client = await join('/accounts', { auth: { token: 'sesame' } });
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask(client, 'search')));
    expect(answers.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => [[]]));
    expect(answers[5]).toMatchObject([{ error: { code: 'rate_limited' } }]);
  });

  it.each([
    ['capacitor://localhost', ['capacitor://localhost'], true],
    ['capacitor://localhost', [], false],
    ['null', [], false],
    ['null', ['null'], true],
    ['https://app.example.com', [/^https:\/\/[\w-]+\.example\.com$/], true],
    ['https://app.example.com.evil.com', [/^https:\/\/[\w-]+\.example\.com$/], false],
    ['https://app.example.com.evil.com', [/^https:\/\/[\w-]+\.example\.com/], true],
  ])('says whether a page of %s may connect with %s: %s', async (given, origin, isAllowed) => {
    const { connect } = await serve([], { server: { cors: { origin }, namespaces: ['/'] } });
    const client = connect('/', { extraHeaders: { origin: given } });
    expect(
      await entered(client).then(
        () => true,
        () => false,
      ),
    ).toBe(isAllowed);
  });

  it('is about options that exist', () => {
    const names = [...examples.text.matchAll(/`limits\.(\w+)`/g)].map(([, name = '']) => name);
    expect(() => SocketIoModule.forRoot({ limits: Object.fromEntries(names.map((name) => [name, 1])) })).not.toThrow();
    expect(names).not.toEqual([]);
  });
});
