import { expect, it } from 'vitest';
import { unavailable } from '../../../lib/cluster/broker/broker-failure.js';

it.each([
  [new Error('it does not answer'), 'it does not answer'],
  [new AggregateError([new Error('connect ECONNREFUSED ::1:1'), new Error('second')]), 'connect ECONNREFUSED ::1:1'],
  [Object.assign(new Error(''), { code: 'ECONNRESET' }), 'ECONNRESET'],
  [new TypeError(''), 'TypeError'],
  ['the connection was lost', 'the connection was lost'],
])('names the reason of a problem: %o', (error, reason) => {
  expect(unavailable('Redis', error)).toBe(`Redis is unavailable: ${reason}`);
});
