import { describe, expect, it } from 'vitest';
import { type Dialect, filled, Participant } from '../../../lib/cli/rehearse/participant.js';
import { FakeClient, FakeDeployment } from './fake-deployment.js';

const DIALECT: Dialect = { join: null, send: ['rehearsal', '$room', '$message'] };

function scene(dialect = DIALECT) {
  const deployment = new FakeDeployment({ keepsClientsAway: true });
  const client = new FakeClient(deployment, '1');
  const problems: string[] = [];
  const sentAt = new Map<string, number>();
  const participant = new Participant('1', 'room 1', client, {
    run: 'run1',
    dialect,
    acceptsErrors: false,
    sentAt,
    now: deployment.time.now,
    onProblem: (reason) => problems.push(reason),
  });
  return { deployment, client, problems, sentAt, participant };
}

describe('Participant', () => {
  it('hears the mark of another one in any event and place', () => {
    const { client, participant, sentAt } = scene();
    client.accept(false);
    sentAt.set('rehearsal:run1:2.1:7', 0);
    client.deliver('said', { by: ['x', { text: '<b>rehearsal:run1:2.1:7</b>' }] });
    expect(participant.heard).toEqual([{ speaker: '2.1', room: 'room 1', number: 7, delay: 0 }]);
  });

  it.each([
    ['another run', 'rehearsal:run2:2.1:7'],
    ['itself', 'rehearsal:run1:1.1:7'],
    ['no client', 'rehearsal:run1:2.1:8'],
    ['binary data', Buffer.from('rehearsal:run1:2.1:7')],
    ['other events', { text: null }],
    ['a value that is too deep', { a: { a: { a: { a: { a: { a: { a: { a: ['rehearsal:run1:2.1:7'] } } } } } } } }],
  ])('does not hear %s', (_name, value) => {
    const { client, participant, sentAt } = scene();
    client.accept(false);
    for (const speaker of ['1.1', '2.1']) sentAt.set(`rehearsal:run1:${speaker}:7`, 0);
    client.deliver('said', value);
    expect(participant.heard).toEqual([]);
  });

  it('measures delays without the time in which it had no connection', () => {
    const { deployment, client, participant, sentAt } = scene();
    client.accept(false);
    for (const number of [1, 2, 3]) sentAt.set(`rehearsal:run1:2.1:${number}`, 10);
    deployment.clock.advance(30);
    client.deliver('said', 'rehearsal:run1:2.1:1');
    client.lose('transport close');
    client.deliver('said', 'rehearsal:run1:2.1:2');
    deployment.clock.advance(1_000);
    client.accept(true); // with what it missed
    deployment.clock.advance(5);
    client.deliver('said', 'rehearsal:run1:2.1:3');
    expect(participant.heard.map(({ delay }) => delay)).toEqual([20, 0, 5]);
  });

  it('counts answers that are errors', () => {
    const { deployment, client, problems, participant } = scene();
    client.accept(false);
    for (const error of ['busy', { code: 'rate_limited', message: 'Too many.' }, { message: 'No.' }, { at: 1 }]) {
      deployment.take = (_from, _event, _args, answer) => answer({ error });
      participant.say('room 1');
      deployment.clock.advance(20);
    }
    expect(participant.rejected).toBe(4);
    const reasons = ['busy', 'rate_limited', 'No.', '{"at":1}'];
    expect(problems).toEqual(reasons.map((reason) => `"rehearsal" was refused: ${reason}`));
    expect(participant.said.every(({ ackedAt }) => ackedAt === null)).toBe(true);
  });

  it('takes any other answer for an acknowledgement', () => {
    const { deployment, client, participant } = scene();
    client.accept(false);
    for (const answer of [undefined, null, 'ok', { error: null }, { status: 'ok' }]) {
      deployment.take = (_from, _event, _args, reply) => reply(answer);
      participant.say('room 1');
      deployment.clock.advance(20);
    }
    expect(participant.said.every(({ ackedAt }) => ackedAt !== null)).toBe(true);
  });

  it('stays outside if it may not join', () => {
    const { deployment, client, problems, participant } = scene({ ...DIALECT, join: ['join', '$room'] });
    deployment.take = (_from, _event, _args, answer) => answer({ error: 'closed' });
    client.accept(false);
    deployment.clock.advance(20);
    expect([participant.isPresent, participant.lastAnswer]).toEqual([false, { error: 'closed' }]);
    expect(problems).toEqual(['"join" was refused: closed']);
  });

  it.each([
    [new Error('xhr poll error'), 'xhr poll error'],
    [Object.assign(new Error('websocket error'), { description: { message: 'ECONNREFUSED' } }), 'ECONNREFUSED'],
    [Object.assign(new Error('unknown token'), { data: { code: 'refused' } }), 'unknown token (refused)'],
  ])('names the reason of %j', (error, reason) => {
    const { client, problems } = scene();
    client.fail(error);
    expect(problems).toEqual([reason]);
  });
});

describe('filled', () => {
  it('replaces names in strings, at any depth', () => {
    const values = { room: 'a', message: '$& $room', client: '3' };
    expect(filled(['say', { to: '$room', list: ['$message', 1, null, true] }, 'user-$client $other'], values)).toEqual([
      'say',
      { to: 'a', list: ['$& $room', 1, null, true] },
      'user-3 $other',
    ]);
  });
});
