import {
  CanActivate,
  ExecutionContext,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { WsException } from '@nestjs/websockets';
import { Socket } from 'socket.io';
import { JwtPayload } from './auth.service';

export const Role = (role: JwtPayload['role']) => SetMetadata('role', role);

@Injectable()
export class WsRoleGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const client: Socket = context.switchToWs().getClient<Socket>();
    const user: JwtPayload | undefined = client.data.user;
    if (!user) {
      throw new WsException('Unauthorized');
    }

    const role = this.reflector.get<string>('role', context.getHandler());
    if (role && user.role !== role) {
      throw new WsException({ status: 'forbidden', message: `${role} only` });
    }
    return true;
  }
}
