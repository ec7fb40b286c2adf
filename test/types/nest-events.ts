/**
 * Code that event maps allow and reject in gateways. test/nest/decorators/typed-events.spec.ts compiles it; it never runs. Each
 * `@ts-expect-error` marks one error, and its reason says which.
 */
import { Ack, ConnectedSocket, MessageBody } from '@nestjs/websockets';
import {
  ackArgs,
  Args,
  Auth,
  Broadcaster,
  Event,
  EventName,
  Gateway,
  InjectBroadcaster,
  Signal,
  type Socket,
} from 'nest-socketio';
import { of, type Observable } from 'rxjs';

interface Message {
  readonly room: string;
  readonly text: string;
}

/** Events from clients. */
interface ClientEvents {
  say: (message: Message, ack: (answer: { id: number }) => void) => void;
  typing: (room: string) => void;
  leave: (ack: () => void) => void;
  upload: (name: string, bytes: Uint8Array, ack: (ok: boolean, size: number) => void) => void;
  question: (text: string, ack: (answer: { stream: string }) => void) => void;
}

/** Events to clients. */
interface ServerEvents {
  said: (message: Message) => void;
  ask: (question: string, ack: (answer: number) => void) => void;
}

class SayDto {
  readonly room!: string;
  readonly text!: string;
}

type Client = Socket<ClientEvents, ServerEvents>;

@Gateway('/chat')
export class Typed {
  constructor(@InjectBroadcaster('/chat') private readonly chat: Broadcaster<ServerEvents>) {}

  @Event<ClientEvents>('say')
  say(
    @MessageBody() message: SayDto,
    @ConnectedSocket() client: Client,
    @Auth('token') _token: number,
  ): { id: number } {
    this.chat.to(message.room).except(client.id).emit('said', message);
    client.emit('said', message);
    return { id: 1 };
  }

  @Event<ClientEvents, 'say'>('say')
  async other(@ConnectedSocket() _client: Client, @MessageBody('text') _text: string): Promise<{ id: number }> {
    await Promise.resolve();
    return { id: 2 };
  }

  @Event<ClientEvents, 'say'>('say')
  stream(_client: Client, _message: Message): Observable<{ id: number }> {
    return of({ id: 3 });
  }

  @Event<ClientEvents, 'say'>('say')
  byHand(@MessageBody() _message: Message, @Ack() ack: (answer: { id: number }) => void): void {
    ack({ id: 4 });
  }

  @Event<ClientEvents>()
  typing(@MessageBody() _room: string): number {
    return 7; // ignored: the event has no acknowledgement
  }

  @Event<ClientEvents>()
  leave(@ConnectedSocket() _client: Client): void {}

  @Event<ClientEvents>()
  upload(@Args() [name, bytes]: [string, Uint8Array]) {
    return ackArgs(name !== '', bytes.length);
  }

  @Event<ClientEvents, 'upload'>('upload')
  half(@Args(1) bytes: Uint8Array): boolean {
    return bytes.length > 0;
  }

  @Event<ClientEvents>()
  async *question(@MessageBody() text: string, @Signal() _signal: AbortSignal): AsyncGenerator<string> {
    yield await Promise.resolve(text);
  }

  @Event<ClientEvents>('*')
  rest(@EventName() _name: string, @Args() _args: unknown[]): void {}

  @Event('say')
  @Event()
  untyped(@MessageBody() _anything: number, @Auth() _auth: unknown): string {
    return '';
  }
}

export class Wrong {
  constructor(
    private readonly chat: Broadcaster<ServerEvents>,
    private readonly client: Client,
  ) {}

  // @ts-expect-error -- no event of that name
  @Event<ClientEvents>('shout')
  shout(): void {}

  // @ts-expect-error -- no event of that name, given twice
  @Event<ClientEvents, 'shout'>('shout')
  shoutAgain(): void {}

  // @ts-expect-error -- the name is not the one that is checked
  @Event<ClientEvents, 'say'>('typing')
  confused(): { id: number } {
    return { id: 1 };
  }

  // @ts-expect-error -- the payload is a Message
  @Event<ClientEvents>('say')
  say(@MessageBody() _message: number): { id: number } {
    return { id: 1 };
  }

  // @ts-expect-error -- the acknowledgement is { id: number }
  @Event<ClientEvents, 'say'>('say')
  wrongAnswer(@MessageBody() _message: Message): string {
    return '';
  }

  // @ts-expect-error -- the acknowledgement is not that of a stream
  @Event<ClientEvents, 'say'>('say')
  async *noStream(@MessageBody() message: Message): AsyncGenerator<Message> {
    yield await Promise.resolve(message);
  }

  // @ts-expect-error -- the acknowledgement is missing
  @Event<ClientEvents, 'say'>('say')
  noAnswer(@MessageBody() _message: Message): void {}

  // @ts-expect-error -- the promised acknowledgement is { id: number }
  @Event<ClientEvents, 'say'>('say')
  async wrongPromise(@MessageBody() _message: Message): Promise<{ id: string }> {
    return Promise.resolve({ id: '' });
  }

  // @ts-expect-error -- the payload of the event named like the method is a string
  @Event<ClientEvents>()
  typing(@MessageBody() _room: { name: string }): void {}

  // @ts-expect-error -- the second argument of the acknowledgement is a number
  @Event<ClientEvents>()
  upload(@Args(0) _name: string) {
    return ackArgs(true, 'large');
  }

  // @ts-expect-error -- no event of the map has these types
  @Event<ClientEvents>('say')
  unlikeAny(@MessageBody() _date: Date): symbol {
    return Symbol('x');
  }

  emits(): void {
    // @ts-expect-error -- no event of that name
    this.chat.emit('shout', 'x');
    // @ts-expect-error -- the payload is a Message
    this.chat.to('room').emit('said', 'x');
    // @ts-expect-error -- the client receives Messages
    this.client.emit('said', 7);
    // @ts-expect-error -- this event is not acknowledged
    void this.chat.emitWithAck('said', { room: '', text: '' });
    // @ts-expect-error -- answers are numbers
    const answers: Promise<string[]> = this.chat.emitWithAck('ask', '?');
    void answers;
    // @ts-expect-error -- clients send no such event
    this.client.on('said', () => {});
    // @ts-expect-error -- the payload is a Message
    this.client.on('say', (message: number) => message);
  }
}
