import { beforeEach, describe, expect, it } from 'vitest';
import { Ledger } from './ledger.mjs';

const [ANN, BOB, DEN] = ['ann', 'bob', 'den'];

let ledger: Ledger;

/** Bob says these numbers, each of which the server acknowledges. */
function say(...numbers: number[]): void {
  for (const number of numbers) {
    ledger.sending(DEN, BOB, number);
    ledger.sent(DEN, BOB, number);
  }
}

function hear(...numbers: number[]): void {
  for (const number of numbers) ledger.heardBy(ANN, DEN, BOB, number);
}

function join(): void {
  ledger.joining(ANN, DEN);
  ledger.joined(ANN, DEN);
}

function leave(): void {
  ledger.leaving(ANN, DEN);
  ledger.left(ANN, DEN);
}

beforeEach(() => {
  ledger = new Ledger();
});

describe('messages', () => {
  it('are right if each arrives once and in order, whatever was said before and after', () => {
    say(1, 2);
    join();
    say(3, 4);
    hear(3, 4);
    leave();
    say(5);
    join();
    say(6);
    hear(6);
    leave();
    expect(ledger.findings).toEqual([]);
    expect(ledger.counts).toEqual({});
    expect([ledger.said, ledger.heard]).toEqual([6, 3]);
  });

  it.each([
    ['the first', [4, 5], [3]],
    ['one in the middle', [3, 5], [4]],
    ['the last', [3, 4], [5]],
    ['all', [], [3, 4, 5]],
  ])('are lost if %s does not arrive', (_, heard, lost) => {
    say(1, 2);
    join();
    say(3, 4, 5);
    hear(...heard);
    leave();
    expect(ledger.findings).toEqual(lost.map((number) => `lost: ann in den: bob's ${number}`));
    expect(ledger.counts).toEqual({ lost: lost.length });
  });

  it('of a speaker that was silent before are lost like all others', () => {
    join();
    say(1);
    leave();
    expect(ledger.findings).toEqual(["lost: ann in den: bob's 1"]);
  });

  it('are repeated if one arrives twice', () => {
    join();
    say(1, 2);
    hear(1, 2, 1);
    leave();
    expect(ledger.findings).toEqual(["repeated: ann in den: bob's 1"]);
  });

  it('are reordered, and not lost, if one arrives after a later one', () => {
    join();
    say(1, 2, 3);
    hear(1, 3, 2);
    leave();
    expect(ledger.findings).toEqual(["reordered: ann in den: bob's 2"]);
  });

  it.each([
    ['may arrive', [1, 2]],
    ['may be missing', [2]],
  ])('that were sent while the client was joining %s', (_, heard) => {
    ledger.joining(ANN, DEN);
    say(1);
    ledger.joined(ANN, DEN);
    say(2);
    hear(...heard);
    leave();
    expect(ledger.findings).toEqual([]);
  });

  it('that are not acknowledged when the client leaves may arrive or not', () => {
    join();
    ledger.sending(DEN, BOB, 1);
    leave();
    expect(ledger.findings).toEqual([]);
  });

  it('are misdirected if they were acknowledged before the client asked to join', () => {
    say(1);
    join();
    hear(1);
    expect(ledger.findings).toEqual(["misdirected: ann in den: bob's 1"]);
  });

  it('are early if a client that resumes gets one that was acknowledged before it asked to join', () => {
    say(1);
    join();
    ledger.heardBy(ANN, DEN, BOB, 1, true);
    expect(ledger.findings).toEqual(["early: ann in den: bob's 1"]);
  });

  it('are misdirected after the client has left', () => {
    join();
    leave();
    say(1);
    hear(1);
    expect(ledger.findings).toEqual(["misdirected: ann is not in den, and got bob's 1"]);
  });

  it('may be under way when the client disconnects, but must not have gaps', () => {
    join();
    say(1, 2, 3, 4);
    hear(1, 3);
    ledger.gone(ANN);
    expect(ledger.findings).toEqual(["lost: ann in den: bob's 2"]);
    join();
    hear(5);
    ledger.gone(ANN);
    expect(ledger.counts).toEqual({ lost: 1 });
  });
});

describe('acknowledgements', () => {
  it('are right if each question gets its answer', () => {
    ledger.asked(ANN, 1);
    ledger.asked(ANN, 2);
    ledger.answeredTo(ANN, 2, 2);
    ledger.answeredTo(ANN, 1, 1);
    ledger.gone(ANN);
    expect(ledger.findings).toEqual([]);
    expect(ledger.answered).toBe(2);
  });

  it('are lost if a question has no answer when the client disconnects', () => {
    ledger.asked(ANN, 1);
    ledger.gone(ANN);
    ledger.gone(ANN);
    expect(ledger.findings).toEqual(['unanswered: ann asked 1']);
  });

  it('are wrong if they belong to another question, or to none', () => {
    ledger.asked(ANN, 1);
    ledger.answeredTo(ANN, 1, { error: 'no' });
    ledger.answeredTo(ANN, 1, 1);
    expect(ledger.findings).toEqual([
      'wrong answer: ann asked 1 and got {"error":"no"}',
      'wrong answer: ann got a second answer to 1',
    ]);
  });
});

describe('findings', () => {
  it('are all counted, and the first 50 described', () => {
    for (let i = 0; i < 60; i++) ledger.find('dropped', `client ${i}`);
    expect(ledger.counts).toEqual({ dropped: 60 });
    expect([ledger.findings.length, ledger.findings[0]]).toEqual([50, 'dropped: client 0']);
  });
});
