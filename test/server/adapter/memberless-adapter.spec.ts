import { expect, it } from 'vitest';
import type { Member } from '../../../lib/server/adapter/adapter.js';
import { MemberlessAdapter } from '../../../lib/server/adapter/memberless-adapter.js';

it('an adapter without members has no one in a room, and takes leave and close without effect', () => {
  class Empty extends MemberlessAdapter {}
  const [adapter, member] = [new Empty(), {} as Member];
  adapter.leave(member);
  adapter.remove(member);
  adapter.close();
  expect([[...adapter.roomsOf(member)], adapter.countRooms(member)]).toEqual([[], 0]);
});
