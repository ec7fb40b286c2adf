import type { Type } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Event } from '../../../lib/nest/decorators/event.decorator.js';
import { OnConnect, OnDisconnect, OnDrop, OnReturn } from '../../../lib/nest/decorators/lifecycle.decorators.js';
import { getHandler, type HandlerMetadata } from '../../../lib/nest/decorators/metadata.js';

function marksOf(type: Type, method: string): HandlerMetadata {
  return getHandler((type.prototype as Record<string, object>)[method] as object);
}

describe('lifecycle decorators', () => {
  it('mark a method', () => {
    class Chat {
      @OnConnect()
      enter(): void {}

      @OnDisconnect()
      leave(): void {}

      @OnDrop()
      drop(): void {}

      @OnReturn()
      back(): void {}
    }
    expect(marksOf(Chat, 'enter')).toEqual({ events: [], lifecycle: ['connect'] });
    expect(marksOf(Chat, 'leave')).toEqual({ events: [], lifecycle: ['disconnect'] });
    expect(marksOf(Chat, 'drop')).toEqual({ events: [], lifecycle: ['drop'] });
    expect(marksOf(Chat, 'back')).toEqual({ events: [], lifecycle: ['return'] });
  });

  it('may be combined, also with @Event', () => {
    class Chat {
      @OnConnect()
      @Event('change')
      @OnDisconnect()
      changed(): void {}
    }
    expect(marksOf(Chat, 'changed')).toEqual({ events: ['change'], lifecycle: ['disconnect', 'connect'] });
  });
});
