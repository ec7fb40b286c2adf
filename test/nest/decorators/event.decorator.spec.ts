import type { Type } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { Event, SocketEvent } from '../../../lib/nest/decorators/event.decorator.js';
import { getHandler, HANDLER_METADATA, type HandlerMetadata, methodOf } from '../../../lib/nest/decorators/metadata.js';
import { RESERVED_EVENTS } from '../../../lib/protocol/internal.js';

function marksOf(type: Type, method: string): HandlerMetadata {
  return getHandler((type.prototype as Record<string, object>)[method] as object);
}

function declareReserved(): object {
  class Chat {
    @Event()
    disconnect(): void {}
  }
  return Chat;
}

describe('@Event', () => {
  it('marks a method with the name of an event', () => {
    class Chat {
      @Event('say')
      talk(): void {}
    }
    expect(marksOf(Chat, 'talk')).toEqual({ events: ['say'], lifecycle: [] });
  });

  it("takes the method's name without one", () => {
    class Chat {
      @Event()
      talk(): void {}
    }
    expect(marksOf(Chat, 'talk').events).toEqual(['talk']);
  });

  it('takes the empty name for a name', () => {
    class Chat {
      @Event('')
      talk(): void {}
    }
    expect(marksOf(Chat, 'talk').events).toEqual(['']);
  });

  it('has a second name, which checks events against a map too', () => {
    interface ClientEvents {
      say: (text: string) => void;
    }
    class Chat {
      @SocketEvent<ClientEvents, 'say'>('say')
      talk(_text: string): void {}
    }
    expect(marksOf(Chat, 'talk').events).toEqual(['say']);
    expect(SocketEvent).toBe(Event);
  });

  it('has metadata under a public key', () => {
    class Chat {
      @SocketEvent()
      talk(): void {}
    }
    const metadata: unknown = new Reflector().get(HANDLER_METADATA, methodOf(Chat, 'talk'));
    expect(metadata).toEqual({ events: ['talk'], lifecycle: [] });
  });

  it('may be repeated', () => {
    class Chat {
      @Event('say')
      @Event()
      @Event('*')
      talk(): void {}
    }
    expect(marksOf(Chat, 'talk').events).toEqual(['*', 'talk', 'say']);
  });

  it('leaves other methods alone', () => {
    class Chat {
      @Event()
      talk(): void {}

      other(): void {}
    }
    expect(new Chat().talk()).toBeUndefined();
    expect(marksOf(Chat, 'other')).toEqual({ events: [], lifecycle: [] });
  });

  it('does not mark the method that it overrides', () => {
    class Base {
      @Event('base')
      talk(): void {}
    }
    class Chat extends Base {
      @Event('chat')
      override talk(): void {}
    }
    expect(marksOf(Base, 'talk').events).toEqual(['base']);
    expect(marksOf(Chat, 'talk').events).toEqual(['chat']);
  });

  it.each([...RESERVED_EVENTS])('refuses %s, and says what to use', (event) => {
    const declare = () => {
      class Chat {
        @Event(event)
        talk(): void {}
      }
      return Chat;
    };
    expect(declare).toThrow(
      expect.objectContaining({
        code: 'RESERVED_EVENT',
        message: expect.stringMatching(
          new RegExp(`^@Event\\('${event}'\\) on Chat\\.talk: .*(use @On|choose another)`),
        ),
      }),
    );
  });

  it("refuses a reserved name that is the method's", () => {
    expect(declareReserved).toThrow("@Event('disconnect') on Chat.disconnect");
    expect(declareReserved).toThrow('use @OnDisconnect()');
  });
});
