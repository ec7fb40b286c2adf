/** The whole setup of the chat. */
import { Module } from '@nestjs/common';
import { SocketIoModule } from 'nest-socketio';
import { ChatGateway } from './chat.gateway.js';
import { Images } from './images.js';
import { Rooms } from './rooms.js';

@Module({
  imports: [
    SocketIoModule.forRoot({
      maxHttpBufferSize: 4_000_000,
      history: { '/chat': { events: ['said', 'reacted'], size: 200, ttl: 24 * 3_600_000 } },
    }),
  ],
  providers: [ChatGateway, Images, Rooms],
})
export class AppModule {}
