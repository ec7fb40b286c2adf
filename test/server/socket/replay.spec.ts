import { describe, expect, it } from 'vitest';
import { Message } from '../../../lib/engine/internal.js';
import { replay } from '../../../lib/server/socket/replay.js';
import { turn } from '../../support/engine-rig.js';

const KB_100 = Message.of('x'.repeat(100_000));

/** A client that takes what was sent to it when the test says so. */
class Target {
  queued = 0;
  #taken: (() => void) | null = null;

  queue(): void {
    this.queued++;
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#taken = resolve;
    });
  }

  async take(): Promise<void> {
    this.#taken?.();
    await turn();
  }
}

describe('replay', () => {
  it('leaves few events in the list', () => {
    const [target, missed] = [new Target(), [KB_100, KB_100]];
    expect(replay(missed, target, () => true)).toBeNull();
    expect([missed.length, target.queued]).toEqual([2, 0]);
  });

  it('sends many in parts, each when the client has taken the one before', async () => {
    const [target, missed] = [new Target(), Array.from({ length: 7 }, () => KB_100)];
    const done = replay(missed, target, () => true);
    expect(target.queued).toBe(3);
    await target.take();
    expect(target.queued).toBe(6);
    await target.take();
    expect(target.queued).toBe(7);
    await target.take();
    await done;
    expect(missed).toEqual([]);
  });

  it('stops when the client no longer waits for them', async () => {
    const [target, missed] = [new Target(), Array.from({ length: 7 }, () => KB_100)];
    let isWanted = true;
    const done = replay(missed, target, () => isWanted);
    isWanted = false;
    await target.take();
    await done;
    expect([missed.length, target.queued]).toEqual([0, 3]);
  });
});
