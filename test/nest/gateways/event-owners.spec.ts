import { describe, expect, it } from 'vitest';
import { type EventOwner, EventOwners } from '../../../lib/nest/gateways/event-owners.js';
import { gatewayNamespace, serveNamespace } from '../../../lib/nest/gateways/gateway-namespace.js';
import { Server } from '../../../lib/server/internal.js';

describe('EventOwners', () => {
  const main = new Server();

  function owner(namespace: string, where: string, { shared = false, server = main } = {}): EventOwner {
    const served = gatewayNamespace(namespace);
    return { namespace: serveNamespace(server, served), served, where, shared };
  }

  it('lets each event of a namespace have one handler', () => {
    const owners = new EventOwners();
    expect(owners.claim('say', owner('/a', 'A.say'))).toBe(true);
    expect(owners.claim('shout', owner('/a', 'A.shout'))).toBe(true);
    expect(owners.claim('say', owner('/b', 'B.say'))).toBe(true);
    expect(owners.claim('say', owner('/:name', 'C.say'))).toBe(true);
    expect(() => owners.claim('say', owner('a', 'D.talk'))).toThrow(
      expect.objectContaining({
        code: 'DUPLICATE_HANDLER',
        message: expect.stringMatching(/^the event "say" of \/a must have one handler, got A\.say and D\.talk: /),
      }),
    );
  });

  it('refuses two patterns that serve the same names', () => {
    const owners = new EventOwners();
    owners.claim('say', owner('/rooms/:id', 'A.say', { shared: true }));
    expect(() => owners.claim('say', owner('/:kind/lobby', 'B.say', { shared: true }))).toThrow(
      'the event "say" of /rooms/:id and /:kind/lobby, which serve the same names, must have one handler, got A.say and B.say',
    );
  });

  it('lets methods that all share an event handle it together', () => {
    const owners = new EventOwners();
    expect(owners.claim('say', owner('/a', 'A.say', { shared: true }))).toBe(true);
    expect(owners.claim('say', owner('/a', 'B.say', { shared: true }))).toBe(false);
    expect(() => owners.claim('say', owner('/a', 'C.say'))).toThrow('A.say and C.say');
  });

  it('keeps two servers apart', () => {
    const owners = new EventOwners();
    expect(owners.claim('say', owner('/a', 'A.say'))).toBe(true);
    expect(owners.claim('say', owner('/a', 'B.say', { server: new Server() }))).toBe(true);
  });
});
