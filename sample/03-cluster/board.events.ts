/** The contract between the nodes, the worker and the page in `public/`. This file contains only types. */

export interface Welcome {
  /** The node that the client is connected to, `1` or `2`. */
  node: string;
  broker: string;
}

export interface Message {
  text: string;
  /** The node of the author. */
  node: string;
}

export interface Tick {
  count: number;
  /** Clients of all nodes. */
  clients: number;
}

export interface ServerEvents {
  welcome: (to: Welcome) => void;
  /** From a client of any node. */
  said: (message: Message) => void;
  /** From the worker, every second. */
  tick: (tick: Tick) => void;
}

export interface ClientEvents {
  say: (text: string, ack: (reply: { error?: { message: string } } | undefined) => void) => void;
}
