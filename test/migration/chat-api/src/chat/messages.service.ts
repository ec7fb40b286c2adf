import { Injectable } from '@nestjs/common';
import { SendMessageDto } from './dto/send-message.dto';

export interface Message {
  id: number;
  room: string;
  author: string;
  text: string;
  replyTo?: number;
}

@Injectable()
export class MessagesService {
  private readonly messages: Message[] = [];

  create(author: string, dto: SendMessageDto): Message {
    const message = { id: this.messages.length + 1, author, ...dto };
    this.messages.push(message);
    return message;
  }

  findLast(room: string, count: number): Message[] {
    return this.messages.filter((message) => message.room === room).slice(-count);
  }
}
