import { describe, expect, it } from 'vitest';
import { refuseReserved } from '../../lib/server/event-names.js';

describe('refuseReserved', () => {
  it.each(['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'])(
    'refuses "%s"',
    (name) => {
      expect(() => refuseReserved(name)).toThrow(
        expect.objectContaining({
          code: 'RESERVED_EVENT',
          message: `"${name}" cannot be emitted, the protocol keeps it: choose another name`,
        }),
      );
    },
  );

  it.each(['error', 'connection', 'Connect', 'message', '', '__proto__', 'constructor'])('allows "%s"', (name) => {
    expect(() => refuseReserved(name)).not.toThrow();
  });
});
