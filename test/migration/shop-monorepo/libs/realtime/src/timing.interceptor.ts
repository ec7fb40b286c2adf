import { CallHandler, ExecutionContext, Injectable, Logger, NestInterceptor } from '@nestjs/common';
import { Observable, map, tap } from 'rxjs';
import { Socket as IoSocket } from 'socket.io';

/**
 * Wraps every answer, and logs what is slow.
 */
@Injectable()
export class TimingInterceptor implements NestInterceptor {
    private readonly log = new Logger(TimingInterceptor.name);

    intercept(context: ExecutionContext, next: CallHandler): Observable<any> {
        const start = Date.now();
        const socket: IoSocket = context.switchToWs().getClient();

        return next.handle().pipe(
            map(data => ({ ok: true, data })),
            tap(() => {
                const took = Date.now() - start;
                if (took > 500) this.log.warn(`${socket.nsp.name} took ${took} ms`);
            })
        );
    }
}
