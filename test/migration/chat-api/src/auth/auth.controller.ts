import { Body, Controller, Post } from '@nestjs/common';
import { IsAlphanumeric, Length } from 'class-validator';
import { AuthService } from './auth.service';

export class LoginDto {
  @IsAlphanumeric()
  @Length(2, 20)
  username: string;
}

@Controller('auth')
export class AuthController {
  constructor(private readonly authService: AuthService) {}

  @Post('login')
  async login(@Body() { username }: LoginDto) {
    return { accessToken: await this.authService.login(username) };
  }
}
