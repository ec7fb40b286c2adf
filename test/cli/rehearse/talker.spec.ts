import { describe, expect, it } from 'vitest';
import type { Said } from '../../../lib/cli/rehearse/ledger.js';
import { Talker } from '../../../lib/cli/rehearse/talker.js';
import { FakeClient, FakeDeployment } from './fake-deployment.js';

/** A talker that is in its room as soon as the test says so. */
class Subject extends Talker {
  entered: (() => void) | undefined;
  answered: ((isAccepted: boolean) => void)[] = [];
  readonly intact: boolean[] = [];

  protected compose(message: Said): Said {
    return message;
  }

  protected speak(_message: Said, answered: (isAccepted: boolean) => void): void {
    this.answered.push(answered);
  }

  protected enter(isIntact: boolean, entered: () => void): void {
    this.intact.push(isIntact);
    this.entered = entered;
  }
}

function scene() {
  const { clock, time } = new FakeDeployment();
  const client = new FakeClient(new FakeDeployment({ keepsClientsAway: true }), '1');
  const talker = new Subject('1', ['den'], client, time.now);
  const enter = (recovered: boolean) => {
    client.accept(recovered);
    talker.entered?.();
  };
  return { clock, client, talker, enter };
}

describe('Talker', () => {
  it('is present once it is in its rooms', () => {
    const { client, talker } = scene();
    client.accept(false);
    talker.say('den');
    expect([talker.isPresent, talker.said]).toEqual([false, []]);
    talker.entered?.();
    expect(talker.isPresent).toBe(true);
    expect(talker.presences).toEqual([{ from: 0, to: null }]);
  });

  it('numbers its messages for each connection, and notes when they are acknowledged', () => {
    const { clock, client, talker, enter } = scene();
    enter(false);
    talker.say('den');
    talker.say('den');
    clock.advance(5);
    talker.answered[0]?.(true);
    talker.answered[1]?.(false);
    expect(talker.isAnswered).toBe(true);
    client.lose('transport close');
    enter(true);
    talker.say('den');
    expect(talker.said).toEqual([
      { speaker: '1.1', room: 'den', number: 1, at: 0, ackedAt: 5 },
      { speaker: '1.1', room: 'den', number: 2, at: 0, ackedAt: null },
      { speaker: '1.2', room: 'den', number: 1, at: 5, ackedAt: null },
    ]);
    expect(talker.unanswered).toBe(1);
  });

  it('stays present in a session that it resumes', () => {
    const { clock, client, talker, enter } = scene();
    enter(false);
    clock.advance(10);
    client.lose('transport close');
    clock.advance(10);
    enter(true);
    expect(talker.presences).toEqual([{ from: 0, to: null }]);
    expect(talker.outages).toEqual([{ from: 10, to: 20, reason: 'transport close', recovered: true }]);
    expect([talker.recovered, talker.intact]).toEqual([1, [false, true]]);
  });

  it('begins a new presence with a fresh session', () => {
    const { clock, client, talker, enter } = scene();
    enter(false);
    clock.advance(10);
    client.lose('ping timeout');
    clock.advance(10);
    enter(false);
    expect(talker.presences).toEqual([
      { from: 0, to: 10 },
      { from: 20, to: null },
    ]);
    expect(talker.outages).toEqual([{ from: 10, to: 20, reason: 'ping timeout', recovered: false }]);
  });

  it('is away until it is in its rooms, however many connections that takes', () => {
    const { clock, client, talker, enter } = scene();
    enter(false);
    clock.advance(10);
    client.lose('transport close');
    clock.advance(10);
    client.accept(false);
    client.lose('transport error');
    clock.advance(10);
    enter(true); // the session in which it had not joined its rooms yet
    expect(talker.outages).toEqual([{ from: 10, to: 30, reason: 'transport close', recovered: false }]);
    expect(talker.presences).toEqual([
      { from: 0, to: 10 },
      { from: 30, to: null },
    ]);
    expect(talker.intact).toEqual([false, false, false]);
  });

  it('sends nothing later that it said while it was losing its connection', () => {
    const { client, enter } = scene();
    enter(false);
    client.sendBuffer.push('a message');
    client.lose('ping timeout');
    expect(client.sendBuffer).toEqual([]);
  });
});
