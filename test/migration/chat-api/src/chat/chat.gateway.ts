import { Logger, ParseIntPipe, UseFilters, UseGuards } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  OnGatewayConnection,
  OnGatewayDisconnect,
  OnGatewayInit,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  WsException,
  WsResponse,
} from '@nestjs/websockets';
import { from, map, Observable } from 'rxjs';
import { Server, Socket } from 'socket.io';
import { AuthService } from '../auth/auth.service';
import { Role, WsRoleGuard } from '../auth/ws-role.guard';
import { JoinRoomDto } from './dto/join-room.dto';
import { SendMessageDto } from './dto/send-message.dto';
import { WsExceptionFilter } from './filters/ws-exception.filter';
import { type Message, MessagesService } from './messages.service';

@UseFilters(new WsExceptionFilter())
@UseGuards(WsRoleGuard)
@WebSocketGateway({
  namespace: 'chat',
  cors: {
    origin: ['https://chat.example.com', 'http://localhost:5173'],
    credentials: true,
  },
})
export class ChatGateway
  implements OnGatewayInit, OnGatewayConnection, OnGatewayDisconnect
{
  private readonly logger = new Logger(ChatGateway.name);

  @WebSocketServer()
  server: Server;

  constructor(
    private readonly authService: AuthService,
    private readonly messagesService: MessagesService,
  ) {}

  afterInit() {
    this.logger.log('Initialized');
  }

  async handleConnection(client: Socket) {
    try {
      client.data.user = await this.authService.authenticate(client);
      await client.join(client.data.user.sub);
      client.emit('welcome', client.data.user.username);
    } catch {
      client.emit('unauthorized', { message: 'Invalid token' });
      client.disconnect(true);
    }
  }

  handleDisconnect(client: Socket) {
    const { user } = client.data;
    if (user) {
      this.server.emit('user:left', user.username);
    }
  }

  @SubscribeMessage('room:join')
  async join(
    @MessageBody() { room }: JoinRoomDto,
    @ConnectedSocket() client: Socket,
  ): Promise<WsResponse<{ room: string; members: number }>> {
    await client.join(room);
    client.to(room).emit('room:joined', client.data.user.username);
    const members = await this.server.in(room).fetchSockets();
    return { event: 'room:entered', data: { room, members: members.length } };
  }

  @SubscribeMessage('room:leave')
  async leave(
    @MessageBody('room') room: string,
    @ConnectedSocket() client: Socket,
  ): Promise<string[]> {
    await client.leave(room);
    return [...client.rooms].filter((name) => name !== client.id);
  }

  @SubscribeMessage('message')
  send(
    @MessageBody() dto: SendMessageDto,
    @ConnectedSocket() client: Socket,
  ): Message {
    if (!client.rooms.has(dto.room)) {
      throw new WsException(`You are not in ${dto.room}`);
    }
    const message = this.messagesService.create(client.data.user.username, dto);
    client.to(dto.room).emit('message', message);
    return message;
  }

  @SubscribeMessage('typing')
  typing(client: Socket, { room }: { room: string }) {
    client.broadcast.to(room).volatile.emit('typing', client.data.user.username);
  }

  @SubscribeMessage('history')
  history(
    @MessageBody() { room }: JoinRoomDto,
    @MessageBody('count', ParseIntPipe) count: number,
  ): Observable<WsResponse<Message>> {
    return from(this.messagesService.findLast(room, count)).pipe(
      map((data) => ({ event: 'history', data })),
    );
  }

  @Role('moderator')
  @SubscribeMessage('user:kick')
  kick(@MessageBody() userId: string) {
    this.server.in(userId).disconnectSockets(true);
    return true;
  }
}
