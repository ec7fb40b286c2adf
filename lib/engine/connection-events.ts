/** What listeners of a connection hear. */
import type { CloseReason } from './connection/connection-state.js';
import type { EnginePacket } from './connection/shown-packets.js';
import type { Transport } from './transport.js';

/** Source: Engine.IO, the events of its `Socket`. What listens costs its connection; nobody else's. */
export interface ConnectionEvents {
  /** Each packet that arrives, before anything is done with it. */
  packet: [packet: EnginePacket];
  /** Each packet that is sent, when that is asked for. */
  packetCreate: [packet: EnginePacket];
  /** Each message that arrives, as its text or bytes. */
  data: [data: string | Buffer];
  /** The same as `data`. */
  message: [data: string | Buffer];
  /** The client answered a ping. */
  heartbeat: [];
  /** The packets of a turn are written, */
  flush: [packets: EnginePacket[]];
  /** and the next may come. */
  drain: [];
  /** Once, after the sockets of the connection were told. */
  close: [reason: CloseReason, description?: unknown];
  /** Never: what is wrong with a connection is the description of its end. */
  error: [error: Error];
  /** Never: a WebSocket has nothing to be upgraded to. */
  upgrading: [transport: Transport];
  /** Never, either. */
  upgrade: [transport: Transport];
}

export interface SendOptions {
  /** Whether to compress it where permessage-deflate is on. @default true */
  readonly compress?: boolean;
}

/** Called when what was sent has been handed to the system; not when the connection ends before. */
export type SendCallback = (transport: Transport) => void;
