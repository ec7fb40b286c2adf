/** A board that all clients write on, whichever node they are connected to. Nothing in it knows of other nodes. */
import { ConnectedSocket, MessageBody, WsException } from '@nestjs/websockets';
import { Broadcaster, Event, Gateway, InjectBroadcaster, OnConnect, type Socket } from 'nest-socketio';
import type { ClientEvents, ServerEvents } from './board.events.js';

const MAX_TEXT = 200;

@Gateway('/board')
export class BoardGateway {
  readonly #node = process.env['NODE'] ?? '';
  readonly #broker = process.env['BROKER'] === 'cluster:' ? "Node's cluster" : 'Redis';

  constructor(@InjectBroadcaster('/board') private readonly board: Broadcaster<ServerEvents>) {}

  @OnConnect()
  enter(@ConnectedSocket() client: Socket<ClientEvents, ServerEvents>): void {
    client.emit('welcome', { node: this.#node, broker: this.#broker });
  }

  @Event('say')
  say(@MessageBody() text: unknown): void {
    if (typeof text !== 'string' || text.trim() === '' || text.length > MAX_TEXT) {
      throw new WsException(`A message must have 1 to ${MAX_TEXT} characters.`);
    }
    this.board.emit('said', { text, node: this.#node }); // to the clients of both nodes
  }
}
