import { describe, expect, it } from 'vitest';
import { EventOwners, type ServedNamespace } from '../../../lib/nest/gateways/event-owners.js';
import { gatewayNamespace, serveNamespace } from '../../../lib/nest/gateways/gateway-namespace.js';
import { Server } from '../../../lib/server/index.js';

describe('EventOwners', () => {
  const main = new Server();

  function place(name: string, server = main): ServedNamespace {
    const served = gatewayNamespace(name);
    return { namespace: serveNamespace(server, served), served };
  }

  it('lets each event of a namespace have one handler', () => {
    const owners = new EventOwners();
    expect(owners.claim('say', place('/a'), 'A.say', false)).toBe(true);
    expect(owners.claim('shout', place('/a'), 'A.shout', false)).toBe(true);
    expect(owners.claim('say', place('/b'), 'B.say', false)).toBe(true);
    expect(owners.claim('say', place('/:name'), 'C.say', false)).toBe(true);
    expect(() => owners.claim('say', place('a'), 'D.talk', false)).toThrow(
      expect.objectContaining({
        code: 'DUPLICATE_HANDLER',
        message: expect.stringMatching(/^the event "say" of \/a has two handlers, A\.say and D\.talk: /),
      }),
    );
  });

  it('sees that two patterns serve the same names', () => {
    const owners = new EventOwners();
    owners.claim('say', place('/rooms/:id'), 'A.say', true);
    expect(() => owners.claim('say', place('/:kind/lobby'), 'B.say', true)).toThrow(
      'the event "say" of /rooms/:id and /:kind/lobby, which serve the same names, has two handlers, A.say and B.say',
    );
  });

  it('lets those share an event that all share it', () => {
    const owners = new EventOwners();
    expect(owners.claim('say', place('/a'), 'A.say', true)).toBe(true);
    expect(owners.claim('say', place('/a'), 'B.say', true)).toBe(false);
    expect(() => owners.claim('say', place('/a'), 'C.say', false)).toThrow('A.say and C.say');
  });

  it('keeps two servers apart', () => {
    const owners = new EventOwners();
    expect(owners.claim('say', place('/a'), 'A.say', false)).toBe(true);
    expect(owners.claim('say', place('/a', new Server()), 'B.say', false)).toBe(true);
  });
});
