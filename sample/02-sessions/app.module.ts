/** The whole setup: one session middleware for routes and for the handshakes of sockets. */
import { Inject, type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import { join } from 'node:path';
import { SocketIoModule } from 'nest-socketio';
import { ClicksGateway } from './clicks.gateway.js';
import { LoginController } from './login.controller.js';
import { readSecret } from './secret.js';
import { createSessions } from './session.js';

const SESSIONS = Symbol('sessions');

type Sessions = ReturnType<typeof createSessions>;

@Module({
  providers: [
    {
      provide: SESSIONS,
      useFactory: () =>
        createSessions(readSecret(process.env['SESSION_SECRET_FILE'] ?? join(process.cwd(), '.session-secret'))),
    },
  ],
  exports: [SESSIONS],
})
class SessionsModule {}

@Module({
  imports: [
    SessionsModule,
    SocketIoModule.forRootAsync({
      imports: [SessionsModule],
      inject: [SESSIONS],
      useFactory: (sessions: Sessions) => ({ use: [sessions], session: 'live' }),
    }),
  ],
  controllers: [LoginController],
  providers: [ClicksGateway],
})
export class AppModule implements NestModule {
  constructor(@Inject(SESSIONS) private readonly sessions: Sessions) {}

  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(this.sessions).forRoutes('*path');
  }
}
