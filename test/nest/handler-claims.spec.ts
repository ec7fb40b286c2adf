import { describe, expect, it } from 'vitest';
import { gatewayNamespace } from '../../lib/nest/gateway-namespace.js';
import { HandlerClaims } from '../../lib/nest/handler-claims.js';

describe('HandlerClaims', () => {
  it('lets each event of a namespace have one handler', () => {
    const claims = new HandlerClaims();
    claims.claim('say', gatewayNamespace('/a'), 'A.say');
    claims.claim('shout', gatewayNamespace('/a'), 'A.shout');
    claims.claim('say', gatewayNamespace('/b'), 'B.say');
    claims.claim('say', gatewayNamespace('/:name'), 'C.say');
    expect(() => claims.claim('say', gatewayNamespace('a'), 'D.talk')).toThrow(
      expect.objectContaining({
        code: 'DUPLICATE_HANDLER',
        message: expect.stringMatching(/^the event "say" of \/a has two handlers, A\.say and D\.talk: /),
      }),
    );
  });

  it('sees that two patterns serve the same names', () => {
    const claims = new HandlerClaims();
    claims.claim('say', gatewayNamespace('/rooms/:id'), 'A.say');
    expect(() => claims.claim('say', gatewayNamespace('/:kind/lobby'), 'B.say')).toThrow(
      'the event "say" of /rooms/:id and /:kind/lobby, which serve the same names, has two handlers, A.say and B.say',
    );
  });
});
