import { Emitter } from '@socket.io/redis-emitter';
import { describe, expect, it } from 'vitest';
import { checkEmitter } from '../../lib/cluster/published-emitter.js';

describe('an emitter', () => {
  it('is what a published package makes', () => {
    expect(() => checkEmitter(new Emitter({}))).not.toThrow();
  });

  it.each([[undefined], [null], ['redis://'], [{}], [{ publish() {} }], [{ emit() {}, to() {}, except() {} }]])(
    'is not %j',
    (given) => {
      expect(() => checkEmitter(given)).toThrow(
        expect.objectContaining({
          code: 'INVALID_OPTION',
          message: expect.stringMatching(
            /^option "emitter" is no emitter: give it what new Emitter\(redisClient\) of /,
          ),
        }),
      );
    },
  );
});
