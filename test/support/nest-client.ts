/** A fake client for handlers, without a connection. It records the packets that it would send. */
import type { Socket } from 'nest-socketio';

export class FakeClient {
  readonly id = 'fake-client-000000-id';
  connected = true;
  handshake: { auth: Record<string, unknown> } & Record<string, unknown> = { auth: {} };
  readonly nsp = { name: '/', label: '/', instruments: null };
  readonly acknowledged: [id: number, args: readonly unknown[]][] = [];
  readonly emitted: unknown[][] = [];

  acknowledge(id: number, args: readonly unknown[]): void {
    JSON.stringify(args); // throws as the encoder would
    this.acknowledged.push([id, args]);
  }

  acknowledger(id: number): (...args: unknown[]) => void {
    let open = true;
    return (...args) => {
      if (open) this.acknowledge(id, args);
      open = false;
    };
  }

  emit(...event: unknown[]): void {
    JSON.stringify(event);
    this.emitted.push(event);
  }

  onAnyOutgoing(): void {}

  offAnyOutgoing(): void {}

  /** The same object, typed as a real socket. */
  get socket(): Socket {
    return this as unknown as Socket;
  }
}
