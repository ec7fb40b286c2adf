import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module';
import { AnnouncementsController } from './announcements.controller';
import { ChatGateway } from './chat.gateway';
import { MessagesService } from './messages.service';

@Module({
  imports: [AuthModule],
  controllers: [AnnouncementsController],
  providers: [ChatGateway, MessagesService],
})
export class ChatModule {}
