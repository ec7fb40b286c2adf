/** The work of the worker: every second, it counts the clients of all nodes and sends them the number. */
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Broadcaster, InjectBroadcaster, NodesSilent } from 'nest-socketio';
import type { ServerEvents } from './board.events.js';

@Injectable()
export class Ticks implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #count = 0;

  constructor(@InjectBroadcaster('/board') private readonly board: Broadcaster<ServerEvents>) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => void this.#tick(), 1_000);
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  async #tick(): Promise<void> {
    const clients = await this.#countClients();
    this.board.emit('tick', { count: ++this.#count, clients });
  }

  /** Asks both nodes. If one does not answer, the other one counts. */
  async #countClients(): Promise<number> {
    try {
      return await this.board.timeout(500).countSockets();
    } catch (error) {
      if (!(error instanceof NodesSilent)) throw error;
      console.log(`No answer from ${error.nodes.join(' and ')}`);
      return (error.responses as number[]).reduce((sum, count) => sum + count, 0);
    }
  }
}
