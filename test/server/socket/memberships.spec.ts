import { describe, expect, it } from 'vitest';
import { Memberships } from '../../../lib/server/socket/memberships.js';
import type { Socket } from '../../../lib/server/socket/socket.js';

describe('Memberships', () => {
  it('finds the socket of a namespace, and none of another', () => {
    const memberships = members('/', '/chat', '/news');
    expect(memberships.get('/')?.id).toBe('in /');
    expect(memberships.get('/news')?.id).toBe('in /news');
    expect(memberships.get('/admin')).toBeUndefined();
    expect([memberships.has('/chat'), memberships.has('/admin')]).toEqual([true, false]);
  });

  it('counts them', () => {
    expect(members().size).toBe(0);
    expect(members('/').size).toBe(1);
    expect(members('/', '/chat', '/news').size).toBe(3);
  });

  it('lists them in the order in which the client joined', () => {
    expect(listed(members('/chat', '/', '/news'))).toEqual(['/chat', '/', '/news']);
    expect(listed(members())).toEqual([]);
  });

  it('forgets one, first or further, and keeps the others and their order', () => {
    const memberships = members('/', '/chat', '/news');
    memberships.delete('/');
    memberships.add(socketIn('/'));
    expect(listed(memberships)).toEqual(['/chat', '/news', '/']);
    memberships.delete('/news');
    memberships.delete('/admin');
    expect(listed(memberships)).toEqual(['/chat', '/']);
    expect(memberships.size).toBe(2);
  });

  it('begins anew when all have left', () => {
    const memberships = members('/', '/chat');
    memberships.delete('/chat');
    memberships.delete('/');
    memberships.delete('/');
    expect([memberships.size, listed(memberships)]).toEqual([0, []]);
    memberships.add(socketIn('/news'));
    expect(listed(memberships)).toEqual(['/news']);
  });

  it('visits everybody when each leaves while it is visited', () => {
    const memberships = members('/', '/chat', '/news');
    const visited = [];
    for (const { nsp } of memberships) {
      visited.push(nsp.name);
      memberships.delete(nsp.name);
    }
    expect(visited).toEqual(['/', '/chat', '/news']);
    expect(memberships.size).toBe(0);
  });
});

function members(...names: string[]): Memberships {
  const memberships = new Memberships();
  for (const name of names) memberships.add(socketIn(name));
  return memberships;
}

function socketIn(name: string): Socket {
  return { id: `in ${name}`, nsp: { name } } as unknown as Socket;
}

function listed(memberships: Memberships): string[] {
  return Array.from(memberships, ({ nsp }) => nsp.name);
}
