/** Guards, interceptors and pipes that record when they run and let every call pass. */
import type { CanActivate, NestInterceptor, PipeTransform } from '@nestjs/common';
import { tap } from 'rxjs';

export class Trace {
  readonly lines: string[] = [];

  guard(name: string): CanActivate {
    return {
      canActivate: () => {
        this.lines.push(`guard ${name}`);
        return true;
      },
    };
  }

  interceptor(name: string): NestInterceptor {
    return {
      intercept: (_context, next) => {
        this.lines.push(`interceptor ${name}`);
        return next.handle().pipe(tap(() => this.lines.push(`after ${name}`)));
      },
    };
  }

  pipe(name: string): PipeTransform {
    return {
      transform: (value: unknown) => {
        this.lines.push(`pipe ${name}`);
        return value;
      },
    };
  }
}
