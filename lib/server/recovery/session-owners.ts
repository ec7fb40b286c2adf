/**
 * The sockets that are using a session, by its pid. When a client resumes a session that a socket is still using, the
 * connection of that socket is closed first. The socket may be one whose CONNECT is still being decided, since a client
 * can lose its connection again while it resumes.
 */
import { mayResume, ownershipOf, type RecoverableSocket } from '../adapter/recovery.js';

export class SessionOwners {
  readonly #sockets = new Map<string, RecoverableSocket>();

  add(socket: RecoverableSocket): void {
    if (socket.cursor !== null) this.#sockets.set(socket.cursor.pid, socket);
  }

  remove(socket: RecoverableSocket): void {
    const pid = socket.cursor?.pid;
    if (pid !== undefined && this.#sockets.get(pid) === socket) this.#sockets.delete(pid);
  }

  /** Returns the socket that is using a session. */
  of(pid: string): RecoverableSocket | undefined {
    return this.#sockets.get(pid);
  }

  /**
   * Closes the connection of the socket that is using a session, so that the adapter keeps the session. Has no effect if
   * the client that wants to resume the session is known to be another user.
   */
  release(pid: string, claimant?: string): void {
    const socket = this.#sockets.get(pid);
    if (socket === undefined || !mayResume(ownershipOf(socket), claimant)) return;
    socket.conn.end('transport close');
    socket.releaseSession();
  }
}
