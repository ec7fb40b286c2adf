/** The whole setup. The page may be offline for two minutes; by default, it is 30 seconds. */
import { Module } from '@nestjs/common';
import { SocketIoModule } from 'nest-socketio';
import { Model } from './model.js';
import { TokensGateway } from './tokens.gateway.js';

@Module({
  imports: [SocketIoModule.forRoot({ streams: { resumeWithin: 120_000 } })],
  providers: [TokensGateway, Model],
})
export class AppModule {}
