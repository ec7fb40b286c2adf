/** Cleans up the name in a client's handshake, or refuses the client. */
import { Injectable, type PipeTransform } from '@nestjs/common';
import { ConnectionRefused } from 'nest-socketio';
import { tidy } from './chat.dto.js';

const MAX_NAME = 24;

@Injectable()
export class NamePipe implements PipeTransform<unknown, string> {
  transform(value: unknown): string {
    const name = tidy(value);
    if (typeof name !== 'string' || name === '') throw new ConnectionRefused('Please choose a name.');
    if (name.length > MAX_NAME) throw new ConnectionRefused(`A name must have at most ${MAX_NAME} characters.`);
    return name;
  }
}
