import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Socket } from 'socket.io';

export interface JwtPayload {
  sub: string;
  username: string;
  role: 'member' | 'moderator';
}

@Injectable()
export class AuthService {
  constructor(private readonly jwtService: JwtService) {}

  login(username: string): Promise<string> {
    const role = username === 'root' ? 'moderator' : 'member';
    return this.jwtService.signAsync({ sub: `u-${username}`, username, role });
  }

  /** Accepts the token of `auth`, or of the header for clients that cannot set `auth`. */
  async authenticate(client: Socket): Promise<JwtPayload> {
    const header = client.handshake.headers.authorization;
    const token = client.handshake.auth?.token ?? header?.split(' ')[1];
    return this.jwtService.verifyAsync<JwtPayload>(token);
  }
}
