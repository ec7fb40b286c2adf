import { Module } from '@nestjs/common';
import { AuthModule } from './auth/auth.module';
import { ChatModule } from './chat/chat.module';
import { PresenceModule } from './presence/presence.module';

@Module({
  imports: [AuthModule, ChatModule, PresenceModule],
})
export class AppModule {}
