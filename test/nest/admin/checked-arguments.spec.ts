import { describe, expect, it } from 'vitest';
import { BadRequest, CheckedArguments } from '../../../lib/nest/admin/checked-arguments.js';

const checked = new CheckedArguments('/_live');
const LONG = 'x'.repeat(256);
const CLIENT = { namespace: '/chat', client: 'abc' };

const text = (name: string) => `"${name}" must be a text of 1 to 255 characters`;

describe('the arguments of messages', () => {
  it('get defaults', () => {
    const none = { namespace: null, search: '', limit: 100 };
    expect(checked.clients(undefined)).toEqual({ ...none, room: null, sort: 'age' });
    expect(checked.clients(null)).toEqual({ ...none, room: null, sort: 'age' });
    expect(checked.rooms({ search: '' })).toEqual(none);
  });

  it('are passed on if they are valid, without others', () => {
    const query = { namespace: '/chat', room: 'den', search: 'Bob', sort: 'user', limit: 500 };
    expect(checked.clients({ ...query, other: 1 })).toEqual({ ...query, search: 'bob' });
    expect(checked.rooms({ namespace: '/', search: 'D', limit: 1 })).toEqual({ namespace: '/', search: 'd', limit: 1 });
    const explain = { namespace: '/chat', rooms: ['a'], except: [], who: 'bob' };
    expect(checked.explain(explain)).toEqual(explain);
    expect(checked.explain({ ...explain, rooms: null })).toEqual({ ...explain, rooms: null });
    const send = { namespace: '/chat', to: null, event: 'say', args: [{ a: 1 }] };
    expect(checked.send(send)).toEqual(send);
    expect(checked.send({ ...send, to: 'den' })).toEqual({ ...send, to: 'den' });
    expect(checked.client(CLIENT)).toEqual(CLIENT);
    expect(checked.room({ ...CLIENT, room: 'den' })).toEqual({ ...CLIENT, room: 'den' });
    expect(checked.kick(CLIENT)).toEqual(CLIENT);
    expect(checked.kick({ ...CLIENT, reason: 'x' })).toEqual({ ...CLIENT, reason: 'x' });
  });

  const namespace = '"namespace" must be the name of a namespace, with its slash';
  const send = { namespace: '/chat', to: null, event: 'say', args: [] };
  const explain = { namespace: '/chat', rooms: null, except: [], who: 'bob' };

  it.each<[method: keyof CheckedArguments, given: unknown, message: string]>([
    ['clients', 'den', 'the argument must be an object'],
    ['clients', [], 'the argument must be an object'],
    ['clients', { namespace: 7 }, text('namespace')],
    ['clients', { namespace: 'chat' }, namespace],
    ['clients', { namespace: '/_live' }, namespace],
    ['clients', { room: '' }, text('room')],
    ['clients', { search: LONG }, text('search')],
    ['clients', { sort: 'toString' }, '"sort" must be one of age, waiting, user'],
    ['clients', { limit: 0 }, '"limit" must be a whole number from 1 to 500'],
    ['clients', { limit: 1.5 }, '"limit" must be a whole number from 1 to 500'],
    ['rooms', { limit: '5' }, '"limit" must be a whole number from 1 to 500'],
    ['explain', undefined, 'the argument must be an object'],
    ['explain', { ...explain, rooms: [] }, '"rooms" must be a list of 1 to 100 texts'],
    ['explain', { ...explain, rooms: undefined }, '"rooms" must be a list of 1 to 100 texts'],
    ['explain', { ...explain, rooms: [7] }, text('rooms')],
    ['explain', { ...explain, except: Array(101).fill('a') }, '"except" must be a list of 0 to 100 texts'],
    ['explain', { ...explain, who: null }, text('who')],
    ['send', { ...send, namespace: '/_live' }, namespace],
    ['send', { ...send, to: undefined }, text('to')],
    ['send', { ...send, event: '' }, text('event')],
    ['send', { ...send, args: 'x' }, '"args" must be a list of at most 100 values'],
    ['send', { ...send, args: Array(101).fill(1) }, '"args" must be a list of at most 100 values'],
    ['client', { namespace: '/chat' }, text('client')],
    ['client', null, 'the argument must be an object'],
    ['room', CLIENT, text('room')],
    ['kick', { ...CLIENT, reason: { code: 'x' } }, text('reason')],
  ])('of %s must be valid: %j', (method, given, message) => {
    let error: unknown;
    try {
      checked[method](given);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(BadRequest);
    expect(error).toMatchObject({ message });
  });
});
