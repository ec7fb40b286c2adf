import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ChatGateway } from './chat.gateway';

@Controller('rooms/:room/announcements')
export class AnnouncementsController {
  constructor(private readonly chat: ChatGateway) {}

  @Post()
  @HttpCode(202)
  announce(@Param('room') room: string, @Body() body: { text: string }) {
    this.chat.server.to(room).emit('announcement', body.text);
  }
}
