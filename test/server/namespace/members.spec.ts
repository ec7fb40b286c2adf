import { beforeEach, describe, expect, it } from 'vitest';
import type { Member } from '../../../lib/server/internal.js';
import { Members } from '../../../lib/server/namespace/members.js';

const socket = (id: string) => ({ id }) as Member;

let members: Members<Member>;
const [ann, bob] = [socket('ann'), socket('bob')];

beforeEach(() => {
  members = new Members();
  members.add(ann);
  members.add(bob);
  members.connect(ann);
});

describe('Members', () => {
  it('finds connected sockets and those whose connect handlers run', () => {
    expect([members.get('ann'), members.get('bob'), members.get('cid')]).toEqual([ann, bob, undefined]);
    expect(members.size).toBe(2);
    expect([...members.keys()]).toEqual(['ann', 'bob']);
  });

  it('lists the connected sockets alone', () => {
    expect([...members.connected]).toEqual([['ann', ann]]);
    members.connect(bob);
    expect([...members.connected.values()]).toEqual([ann, bob]);
    expect(members.size).toBe(2);
  });

  it('visits each member once, even if members are deleted during the visit', () => {
    const visited: string[] = [];
    members.forEach((member) => {
      visited.push(member.id);
      members.delete(member);
    });
    expect(visited).toEqual(['ann', 'bob']);
    expect(members.size).toBe(0);
  });

  it('deletes a socket, connected or not', () => {
    members.delete(ann);
    members.delete(bob);
    expect([members.size, members.connected.size, [...members.keys()]]).toEqual([0, 0, []]);
  });

  it('keeps a new socket with the same id', () => {
    const back = socket('ann');
    members.connect(back);
    members.delete(ann);
    expect(members.get('ann')).toBe(back);
  });
});
