import { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { Test } from '@nestjs/testing';
import { io, Socket } from 'socket.io-client';
import { AppModule } from '../src/app.module';

describe('Chat (e2e)', () => {
  let app: INestApplication;
  let client: Socket;

  beforeEach(async () => {
    const moduleFixture = await Test.createTestingModule({
      imports: [AppModule],
    }).compile();

    app = moduleFixture.createNestApplication();
    app.useWebSocketAdapter(new IoAdapter(app));
    await app.listen(0);
  });

  afterEach(async () => {
    client.close();
    await app.close();
  });

  it('refuses clients without a token', (done) => {
    const address = `http://localhost:${app.getHttpServer().address().port}`;
    client = io(`${address}/chat`, { transports: ['websocket'] });
    client.on('unauthorized', ({ message }) => {
      expect(message).toBe('Invalid token');
      done();
    });
  });
});
