import { IsInt, IsNotEmpty, IsOptional, MaxLength } from 'class-validator';
import { JoinRoomDto } from './join-room.dto';

export class SendMessageDto extends JoinRoomDto {
  @IsNotEmpty()
  @MaxLength(500)
  text: string;

  @IsOptional()
  @IsInt()
  replyTo?: number;
}
