import { describe, expect, it } from 'vitest';
import { type IdentifiedSocket, Identity } from '../../../lib/server/socket/identity.js';
import { Users } from '../../../lib/server/socket/users.js';

const client = () => ({ disconnect: () => {} });

function identity(userId: string | undefined, of = client(), connected = true): Identity {
  const socket: IdentifiedSocket = { connected, nsp: {}, client: of, drop: () => {}, expiring: () => {} };
  return new Identity(socket, userId);
}

describe('the index of users', () => {
  it('lists the sockets of a user', () => {
    const users = new Users();
    const [one, two, other] = [identity('ann'), identity('ann'), identity('bob')];
    for (const each of [one, one, two, other]) users.list(each);
    expect(users.of('ann')).toEqual([one.socket, two.socket]);
    expect(users.of('bob')).toEqual([other.socket]);
    expect(users.of('eve')).toEqual([]);
    expect(users.size).toBe(2);
  });

  it('has no entry for an anonymous socket, nor for a user whose last socket has left', () => {
    const users = new Users();
    const [anonymous, one, two] = [identity(undefined), identity('ann'), identity('ann')];
    for (const each of [anonymous, one, two]) users.list(each);
    for (const each of [anonymous, one, one]) users.delete(each);
    expect(users.of('ann')).toEqual([two.socket]);
    users.delete(two);
    expect([users.size, users.of('ann')]).toEqual([0, []]);
  });

  it('moves a socket whose user has changed', () => {
    const users = new Users();
    const one = identity('ann');
    users.list(one);
    one.userId = 'bob';
    users.list(one);
    expect([users.of('ann'), users.of('bob')]).toEqual([[], [one.socket]]);
    one.userId = undefined;
    users.list(one);
    expect(users.size).toBe(0);
  });

  it('counts the connections with connected sockets, each once, except one', () => {
    const users = new Users();
    const [first, second] = [client(), client()];
    for (const each of [identity('ann', first), identity('ann', first), identity('ann', second)]) users.list(each);
    users.list(identity('ann', client(), false));
    expect(users.connections('ann', client())).toBe(2);
    expect(users.connections('ann', first)).toBe(1);
    expect(users.connections('bob', first)).toBe(0);
  });
});
