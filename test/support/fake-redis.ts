/** A fake client of Redis, with the members of the package `ioredis`. */
type Listener = (channel: string, message: string) => void;

export class FakeRedis {
  /** The published messages, each as its text. */
  readonly published: [channel: string, message: string][] = [];
  readonly channels = new Set<string>();
  readonly listeners = new Set<Listener>();
  /** The return value of `publish` and `subscribe`. */
  result: unknown = Promise.resolve();

  publish(channel: string, message: string): unknown {
    this.published.push([channel, message]);
    return this.result;
  }

  subscribe(channel: string): unknown {
    this.channels.add(channel);
    return this.result;
  }

  unsubscribe(channel: string): unknown {
    this.channels.delete(channel);
    return this.result;
  }

  on(_event: 'message', listener: Listener): void {
    this.listeners.add(listener);
  }

  off(_event: 'message', listener: Listener): void {
    this.listeners.delete(listener);
  }

  /** Publishes a message as another process would. */
  say(message: object | string, channel = 'flask-socketio'): void {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    for (const listener of this.listeners) listener(channel, text);
  }

  /** Takes the published messages, decoded and without the id of the sender. */
  takeMessages(): Record<string, unknown>[] {
    return this.published.splice(0).map(([, text]) => {
      const { host_id, ...message } = JSON.parse(text) as Record<string, unknown>;
      if (!/^[0-9a-f]{32}$/.test(String(host_id))) throw new Error(`host_id is ${String(host_id)}`);
      return message;
    });
  }
}
