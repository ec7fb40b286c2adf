/** The part that adapters without members of their own share: there is no one in a room, and nothing to close. */
import type { Adapter, Member } from './adapter.js';

export abstract class MemberlessAdapter implements Pick<
  Adapter,
  'leave' | 'remove' | 'roomsOf' | 'countRooms' | 'close'
> {
  leave(_member: Member): void {}

  remove(_member: Member): void {}

  roomsOf(_member: Member): Iterable<string> {
    return [];
  }

  countRooms(_member: Member): number {
    return 0;
  }

  close(): void {}
}
