/** Streams the answers of the model. Each value that the generator yields is sent to the client that asked. */
import { MessageBody, WsException } from '@nestjs/websockets';
import { Event, Gateway, Signal } from 'nest-socketio';
import { Model } from './model.js';

const MAX_QUESTION = 300;

@Gateway('/tokens')
export class TokensGateway {
  constructor(private readonly model: Model) {}

  /** The signal aborts when the visitor presses Stop, or loses the connection and does not return in time. */
  @Event('ask')
  async *ask(@MessageBody() question: unknown, @Signal() signal: AbortSignal): AsyncGenerator<string, void, void> {
    if (typeof question !== 'string' || question.trim() === '' || question.length > MAX_QUESTION) {
      throw new WsException(`A question must have 1 to ${MAX_QUESTION} characters.`);
    }
    yield* this.model.answer(question, signal);
  }
}
