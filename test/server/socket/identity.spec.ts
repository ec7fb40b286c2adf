import { describe, expect, it } from 'vitest';
import { userIdOf } from '../../../lib/server/socket/identity.js';

const objectId = { toHexString: () => 'abc', toString: () => 'abc' };

describe('the id of a user', () => {
  it.each([
    [{ id: 'a', sub: 'b' }, 'a'],
    [{ id: 7 }, '7'],
    [{ id: 7n }, '7'],
    [{ sub: 'b', userId: 'c' }, 'b'],
    [{ userId: 'c', _id: 'd' }, 'c'],
    [{ _id: 'd' }, 'd'],
    [{ _id: objectId }, 'abc'],
    [{ id: '', sub: 'b' }, 'b'],
    [{ id: 0 }, '0'],
    ['ann', 'ann'],
  ])('of %o is %s', (user, id) => {
    expect(userIdOf(user)).toBe(id);
  });

  it.each([undefined, null, '', 5, true, {}, { name: 'Ann' }, { id: {} }, { id: null }, { id: true }, { id: ['a'] }])(
    'of %o is unknown',
    (user) => {
      expect(userIdOf(user)).toBeUndefined();
    },
  );
});
