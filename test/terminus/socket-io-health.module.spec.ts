import { SocketIoModule } from 'nest-socketio';
import { SocketIoHealthIndicator, SocketIoHealthModule } from 'nest-socketio/terminus';
import { expect, it } from 'vitest';
import { startApp } from '../support/nest-app.js';

it('provides the indicator to a module that imports it', async () => {
  class Reader {
    static readonly inject = [SocketIoHealthIndicator];
    constructor(readonly indicator: SocketIoHealthIndicator) {}
  }
  const reader = {
    provide: Reader,
    useFactory: (indicator: SocketIoHealthIndicator) => new Reader(indicator),
    inject: Reader.inject,
  };
  const { app } = await startApp({ imports: [SocketIoModule.forRoot(), SocketIoHealthModule], providers: [reader] });
  const { indicator } = app.get(Reader);
  expect(indicator.ready('socketio').socketio.status).toBe('up');
});
