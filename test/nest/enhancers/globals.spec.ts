import {
  type CanActivate,
  type ExceptionFilter,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
  Scope,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD, APP_PIPE, ApplicationConfig, ContextIdFactory } from '@nestjs/core';
import { MessageBody } from '@nestjs/websockets';
import { Event, Gateway, type GlobalsOptions, OnConnect } from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { ENHANCER_KINDS, type EnhancerKind } from '../../../lib/nest/enhancers/enhancer-kind.js';
import { Globals, nameOf } from '../../../lib/nest/enhancers/globals.js';
import { Trace } from '../../support/nest-trace.js';
import { ask, serve } from '../../support/nest-rig.js';

const GUARD: CanActivate = { canActivate: () => true };
const PIPE: PipeTransform = { transform: (value: unknown) => value };
const INTERCEPTOR: NestInterceptor = { intercept: (_context, next) => next.handle() };
const FILTER: ExceptionFilter = { catch: () => {} };

/** An application with one global enhancer of each kind. */
function configured(): ApplicationConfig {
  const config = new ApplicationConfig();
  config.useGlobalGuards(GUARD);
  config.useGlobalPipes(PIPE);
  config.useGlobalInterceptors(INTERCEPTOR);
  config.useGlobalFilters(FILTER);
  return config;
}

function counts({ shared }: Globals): number[] {
  return ENHANCER_KINDS.map((kind) => shared[kind].length);
}

describe('Globals', () => {
  it.each<[boolean | GlobalsOptions | undefined, number[]]>([
    [undefined, [1, 1, 1, 1]],
    [true, [1, 1, 1, 1]],
    [{}, [1, 1, 1, 1]],
    [{ guards: undefined as unknown as boolean }, [1, 1, 1, 1]],
    [{ guards: false }, [0, 1, 1, 1]],
    [{ interceptors: false }, [1, 0, 1, 1]],
    [{ pipes: false, filters: true }, [1, 1, 0, 1]],
    [{ filters: false }, [1, 1, 1, 0]],
    [false, [0, 0, 0, 0]],
  ])('apply to gateways as the option says: %j', (options, expected) => {
    const globals = new Globals(configured(), options);
    expect(counts(globals)).toEqual(expected);
    expect(globals.hasAny).toBe(expected.includes(1));
    expect(globals.hasScoped).toBe(false);
  });

  it.each<[unknown, string, string]>([
    [{ gaurds: false }, 'UNKNOWN_OPTION', 'globals has no option "gaurds" (did you mean "guards"?)'],
    [
      { guards: 'no' },
      'INVALID_OPTION',
      "must be true, false, or an object with true or false for guards, pipes, interceptors and filters, got { guards: 'no' }",
    ],
    [null, 'INVALID_OPTION', 'got null'],
    ['no', 'INVALID_OPTION', "got 'no'"],
  ])('refuse an invalid option: %j', (options, code, message) => {
    expect(() => new Globals(new ApplicationConfig(), options as GlobalsOptions)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  it('are the shared ones if none is scoped', async () => {
    const globals = new Globals(configured());
    expect(await globals.of(ContextIdFactory.create())).toEqual(globals.shared);
  });

  it('have names for the log', () => {
    class AuthGuard implements CanActivate {
      canActivate(): boolean {
        return true;
      }
    }
    const config = configured();
    config.useGlobalGuards(new AuthGuard());
    expect(new Globals(config, { filters: false }).description).toEqual([
      'guards an object, AuthGuard',
      'interceptors an object',
      'pipes an object',
      'filters an object (switched off)',
    ]);
    expect(new Globals(new ApplicationConfig()).description).toEqual([]);
    expect([nameOf(AuthGuard), nameOf(new AuthGuard()), nameOf({})]).toEqual(['AuthGuard', 'AuthGuard', 'an object']);
  });
});

describe('the option globals', () => {
  it.each<EnhancerKind>(['guards', 'interceptors', 'pipes'])('leaves out %s', async (kind) => {
    const trace = new Trace();
    @Gateway()
    class Chat {
      @Event()
      say(@MessageBody() _text: string): void {}
    }
    const { join } = await serve([Chat], {
      server: { globals: { [kind]: false } },
      prepare: (app) => {
        app.useGlobalGuards(trace.guard('global'));
        app.useGlobalInterceptors(trace.interceptor('global'));
        app.useGlobalPipes(trace.pipe('global'));
      },
    });
    await ask(await join(), 'say', 'hi');
    const singular = kind.slice(0, -1);
    expect(trace.lines.filter((line) => line.startsWith(singular))).toEqual([]);
    expect(trace.lines.length).toBeGreaterThan(1);
  });

  it('leaves out filters and scoped guards too, but none of the gateway itself', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class DenyAll implements CanActivate {
      canActivate(): boolean {
        return false;
      }
    }
    @Gateway()
    class Chat {
      @OnConnect()
      enter(): void {}

      @Event()
      fail(): void {
        throw new Error('x');
      }

      @Event()
      @UseGuards(DenyAll)
      guarded(): void {}
    }
    const { join } = await serve([Chat, { provide: APP_GUARD, useClass: DenyAll }], {
      server: { globals: false },
      prepare: (app) => app.useGlobalFilters({ catch: () => 'filtered' }),
    });
    const client = await join();
    expect(await ask(client, 'fail')).toMatchObject([{ error: { code: 'internal' } }]);
    expect(await ask(client, 'guarded')).toMatchObject([{ error: { code: 'forbidden' } }]);
  });

  it('is in the log at debug, as are enhancers and scope', async () => {
    @Injectable()
    class RolesGuard implements CanActivate {
      canActivate(): boolean {
        return true;
      }
    }
    @Injectable({ scope: Scope.REQUEST })
    class TenantPipe implements PipeTransform {
      transform(value: unknown): unknown {
        return value;
      }
    }
    @Injectable({ scope: Scope.REQUEST })
    @Gateway('/chat')
    @UseGuards(RolesGuard)
    class Chat {
      @Event()
      @UseGuards(RolesGuard)
      say(): void {}
    }
    const { log } = await serve([Chat, { provide: APP_PIPE, useClass: TenantPipe }], {
      server: { globals: { filters: false } },
      prepare: (app) => app.useGlobalFilters(FILTER),
    });
    expect(log.debugs).toContain(
      `Chat is served with RolesGuard; with the global pipes TenantPipe, ` +
        'filters an object (switched off); one instance per connection',
    );
  });
});
