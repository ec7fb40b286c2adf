import { beforeEach, describe, expect, it } from 'vitest';
import { RemoteNamespaces } from '../../../lib/server/namespace/remote-namespaces.js';
import { ManualClock } from '../../support/manual-clock.js';

const MINUTE = 60_000;

let clock: ManualClock;
let remote: RemoteNamespaces<ReturnType<typeof namespace>>;
let asleep: string[];
beforeEach(() => {
  clock = new ManualClock();
  remote = new RemoteNamespaces({ clock });
  asleep = [];
});

function namespace(name: string, isBusy = false) {
  return { name, delivery: { isBusy }, sleep: () => void asleep.push(name) };
}

/** Adds namespaces `/first` to `/last`. */
function addAll(first: number, last: number): void {
  for (let i = first; i <= last; i++) remote.add(namespace(`/${i}`));
}

describe('the namespaces that a server only emits to', () => {
  it('are found by name until clients can enter them', () => {
    const chat = namespace('/chat');
    expect(remote.use('/chat')).toBeUndefined();
    remote.add(chat);
    expect(remote.use('/chat')).toBe(chat);
    expect(remote.all).toEqual([chat]);
    expect(remote.take('/chat')).toBe(chat);
    expect([remote.take('/chat'), remote.use('/chat'), ...remote.all]).toEqual([undefined, undefined]);
    expect(asleep).toEqual([]);
  });

  it('lose their adapter when they have not been used for a minute', () => {
    addAll(1, 2);
    clock.advance(MINUTE - 1);
    remote.use('/1');
    clock.advance(1);
    expect(asleep).toEqual(['/2']);
    clock.advance(MINUTE);
    expect(asleep).toEqual(['/2', '/1']);
    expect(clock.timers).toBe(0);
  });

  it('keep an adapter that waits for answers', () => {
    remote.add(namespace('/busy', true));
    clock.advance(MINUTE);
    expect(asleep).toEqual([]);
    expect(clock.timers).toBe(1);
  });

  it('are 100 at most: the least recently used is closed first', () => {
    addAll(1, 100);
    remote.use('/1');
    expect(asleep).toEqual([]);
    addAll(101, 102);
    expect(asleep).toEqual(['/2', '/3']);
    expect(remote.all).toHaveLength(100);
  });

  it('have no timer after they are closed', () => {
    addAll(1, 1);
    remote.close();
    expect(clock.timers).toBe(0);
    expect(remote.all).toHaveLength(1);
  });
});
