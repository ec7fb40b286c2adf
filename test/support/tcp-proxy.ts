/** A TCP proxy on 127.0.0.1 that breaks connections on command, between a server and its broker for example. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** One direction of a connection: {@link open} forwards what arrives. */
class Pipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #proxy: TcpProxy;
  readonly #waiting: { readonly due: number; readonly chunk: Buffer }[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(from: Socket, to: Socket, proxy: TcpProxy) {
    this.#from = from;
    this.#to = to;
    this.#proxy = proxy;
  }

  open(): void {
    this.#from.on('data', (chunk) => this.#pass(chunk));
  }

  #pass(chunk: Buffer): void {
    if (this.#proxy.isSilent) return;
    this.#waiting.push({ due: performance.now() + this.#proxy.delay, chunk });
    if (this.#timer === null) this.#forward();
  }

  readonly #forward = (): void => {
    this.#timer = null;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const left = next.due - performance.now();
      if (left > 0) {
        this.#timer = setTimeout(this.#forward, Math.ceil(left));
        return;
      }
      this.#waiting.shift();
      if (!this.#to.destroyed) this.#to.write(next.chunk);
    }
  };
}

export class TcpProxy {
  /** ms that each chunk waits, in either direction */
  delay = 0;
  #isSilent = false;
  #isCut = false;
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  readonly #accepted = new Set<Socket>();

  private constructor(target: number) {
    this.#server = createServer((socket) => this.#accept(socket, target));
  }

  /** @param target port that connections are forwarded to */
  static async start(target: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Whether bytes are swallowed. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Destroys all connections, and each new one. */
  cut(): void {
    this.#isCut = true;
    this.#destroyAll();
  }

  /** Swallows all bytes, as a network does that has lost its route: neither side notices. */
  silence(): void {
    this.#isSilent = true;
  }

  /** Says goodbye to the clients, as the target would. Their bytes still arrive at the target. */
  halfClose(): void {
    for (const socket of this.#accepted) socket.end();
  }

  /** Ends all faults. Connections that have lost bytes are destroyed. */
  heal(): void {
    if (this.#isSilent) this.#destroyAll();
    this.#isCut = false;
    this.#isSilent = false;
    this.delay = 0;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  #accept(socket: Socket, target: number): void {
    const other = connect(target, '127.0.0.1');
    this.#accepted.add(socket);
    socket.on('close', () => this.#accepted.delete(socket));
    for (const [one, two] of [
      [socket, other],
      [other, socket],
    ] as const) {
      this.#open.add(one);
      one.setNoDelay();
      new Pipe(one, two, this).open();
      one.on('error', () => {});
      one.on('close', () => {
        this.#open.delete(one);
        two.destroy();
      });
    }
    if (this.#isCut) socket.destroy();
  }

  #destroyAll(): void {
    for (const socket of this.#open) socket.destroy();
  }
}
