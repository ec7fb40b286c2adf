/** The sockets that use a session now, by its pid. A client that reconnects closes the connection that still has it. */
import type { RecoverableSocket } from '../adapter/recovery.js';

export class SessionOwners {
  readonly #sockets = new Map<string, RecoverableSocket>();

  add(socket: RecoverableSocket): void {
    if (socket.cursor !== null) this.#sockets.set(socket.cursor.pid, socket);
  }

  remove(socket: RecoverableSocket): void {
    const pid = socket.cursor?.pid;
    if (pid !== undefined && this.#sockets.get(pid) === socket) this.#sockets.delete(pid);
  }

  /** Closes the connection of the socket that uses a session, which keeps the session. */
  release(pid: string): void {
    this.#sockets.get(pid)?.conn.end('transport close');
  }
}
