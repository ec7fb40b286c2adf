/** The addresses of the views of the admin page. */
import { expect, it } from 'vitest';
import { hashOf, linkTo, readRoute } from '../../../../lib/nest/admin/page/route.js';

it.each(['', '#', '#/', '#/nowhere', '#/toString', '#x?y'])('%j is the overview', (hash) => {
  expect(readRoute(hash).view).toBe('overview');
});

it('filters come back as they were, whatever is in them', () => {
  const params = { namespace: '/chat', room: ['a&b=c', '#?/ü', '<b>\n'], who: '' };
  const { view, params: read } = readRoute(hashOf('why', params));
  expect(view).toBe('why');
  expect(read.get('namespace')).toBe('/chat');
  expect(read.getAll('room')).toEqual(params.room);
  expect(read.has('who')).toBe(false);
  expect(hashOf('events')).toBe('#/events');
  expect(hashOf('events', { search: undefined })).toBe('#/events');
});

it('a link stays on the page, whose <base> is another address', () => {
  const page = 'https://example.org/_live?from=mail';
  expect(linkTo('rooms', { search: 'x' }, `${page}#/clients?room=a`)).toBe(`${page}#/rooms?search=x`);
  expect(linkTo('rooms', {}, page)).toBe(`${page}#/rooms`);
});
