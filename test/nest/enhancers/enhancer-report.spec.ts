import {
  type ArgumentsHost,
  type CallHandler,
  Catch,
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
} from '@nestjs/common';
import { of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Call } from '../../../lib/nest/call.js';
import { EnhancerReport } from '../../../lib/nest/enhancers/enhancer-report.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { FakeClient } from '../../support/nest-client.js';

const call = new Call(new FakeClient().socket, ['say', 'body'], undefined);
const context = { getArgByIndex: (index: number): unknown => call.hostArgs[index] } as ExecutionContext;
const next: CallHandler = { handle: () => throwError(() => new Error('of the handler')) };

function setUp() {
  const log = new RecordingLog();
  return { log, report: new EnhancerReport(log) };
}

function raise(error: unknown): () => never {
  return () => {
    throw error;
  };
}

describe('EnhancerReport', () => {
  it('reports a guard once by its class, and rethrows its error each time', async () => {
    class PageGuard implements CanActivate {
      canActivate(): Promise<boolean> {
        return Promise.reject(new TypeError('x'));
      }
    }
    const { log, report } = setUp();
    await expect(report.guard(new PageGuard()).canActivate(context)).rejects.toThrow('x');
    await expect(report.guard(new PageGuard()).canActivate(context)).rejects.toThrow('x');
    expect(log.warnings).toEqual([
      expect.stringMatching(
        /^the guard PageGuard failed on the event "say", so the event is denied\..*: TypeError: x$/,
      ),
    ]);
  });

  it('distinguishes object literals', () => {
    const { log, report } = setUp();
    const guards = [1, 2].map((n) => report.guard({ canActivate: raise(new TypeError(String(n))) }));
    for (const guard of [...guards, ...guards]) expect(() => guard.canActivate(context)).toThrow(TypeError);
    expect(log.warnings).toHaveLength(2);
  });

  it('does not report exceptions for the client, nor enhancers that work', async () => {
    const { log, report } = setUp();
    expect(() => report.guard({ canActivate: raise(new ForbiddenException()) }).canActivate(context)).toThrow(
      ForbiddenException,
    );
    expect(report.guard({ canActivate: () => true }).canActivate(context)).toBe(true);
    expect(await report.guard({ canActivate: () => Promise.resolve(false) }).canActivate(context)).toBe(false);
    expect(log.warnings).toEqual([]);
  });

  it('reports an interceptor for its own exception, not for one of the handler', () => {
    const { log, report } = setUp();
    const failing = report.interceptor({ intercept: raise(new TypeError('x')) });
    expect(() => failing.intercept(context, next)).toThrow('x');
    expect(
      report.interceptor({ intercept: (_context, handler) => handler.handle() }).intercept(context, next),
    ).toBeDefined();
    expect(report.interceptor({ intercept: () => of(1) }).intercept(context, next)).toBeDefined();
    expect(log.warnings).toEqual([expect.stringContaining('the interceptor Object failed on the event "say"')]);
  });

  describe('of a filter', () => {
    const exception = new Error('of the handler');
    const caught = (
      filter: { catch(exception: unknown, host: ArgumentsHost): unknown },
      { report } = setUp(),
    ): unknown => report.filter(filter).catch(exception, context);

    it('keeps the exceptions that its class catches, and its answer', () => {
      @Catch(TypeError)
      class OnlyTypes {
        readonly #answer = 'caught';

        catch(): string {
          return this.#answer;
        }
      }
      const watched = setUp().report.filter(new OnlyTypes());
      expect(watched).toBeInstanceOf(OnlyTypes);
      expect(watched.catch(exception, context)).toBe('caught');
    });

    it('skips a filter that fails', async () => {
      const rig = setUp();
      expect(caught({ catch: raise(new TypeError('x')) }, rig)).toBeUndefined();
      expect(await caught({ catch: () => Promise.reject(new TypeError('y')) }, rig)).toBeUndefined();
      expect(rig.log.warnings).toHaveLength(2);
    });

    it('passes on an exception that it throws for the client, and the one that it rethrows', () => {
      const rig = setUp();
      const forbidden = new ForbiddenException();
      expect(() => caught({ catch: raise(forbidden) }, rig)).toThrow(forbidden);
      expect(() => caught({ catch: raise(exception) }, rig)).toThrow(exception);
      expect(rig.log.warnings).toEqual([]);
    });
  });
});
