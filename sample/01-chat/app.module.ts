/** The whole setup of the chat. */
import { Module } from '@nestjs/common';
import { SocketIoModule } from 'nest-socketio';
import { ChatGateway } from './chat.gateway.js';
import { Rooms } from './rooms.js';

@Module({
  imports: [SocketIoModule.forRoot({ maxHttpBufferSize: 4_000_000 })],
  providers: [ChatGateway, Rooms],
})
export class AppModule {}
