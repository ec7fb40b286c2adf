/** A node of the cluster under test: a server in its own process, whose connection to the broker leads over a proxy. */
import { fileURLToPath } from 'node:url';
import { Program } from '../bench/program.mjs';
import { freePort } from '../support/process.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const FILE = fileURLToPath(new URL('node.mjs', import.meta.url));

/** How often messages to or from other nodes were lost, as the node knows it. */
export interface Counters {
  readonly missed: number;
  readonly dropped: number;
  readonly failed: number;
}

export interface Health extends Counters {
  readonly degraded: string | null;
}

export interface NodeState {
  readonly health: Counters;
  readonly escaped: readonly string[];
  readonly logged: readonly { readonly kind: string; readonly at: number; readonly text: string }[];
  /** bytes */
  readonly memory: number;
}

export interface NodeOptions {
  /** Whether clients can resume their sessions. */
  readonly recovery: boolean;
  /** ms */
  readonly pingInterval: number;
}

export class ClusterNode {
  readonly url: string;
  readonly proxy: TcpProxy;
  /** The id of the running server: another one after each restart. */
  id = '';
  readonly #env: Readonly<Record<string, string>>;
  #program: Program | null = null;

  private constructor(port: number, proxy: TcpProxy, { recovery, pingInterval }: NodeOptions) {
    this.url = `http://127.0.0.1:${port}`;
    this.proxy = proxy;
    this.#env = {
      PORT: String(port),
      BROKER: `redis://127.0.0.1:${proxy.port}`,
      RECOVERY: recovery ? 'yes' : 'no',
      PING_INTERVAL: String(pingInterval),
    };
  }

  static async start(brokerPort: number, options: NodeOptions): Promise<ClusterNode> {
    const node = new ClusterNode(await freePort(), await TcpProxy.start(brokerPort), options);
    await node.restart();
    return node;
  }

  async restart(): Promise<void> {
    const program = await Program.start(FILE, { env: this.#env, execArgv: ['--expose-gc'] });
    this.#program = program;
    this.id = await program.ask('id');
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(this.#running.pid, name);
  }

  /** Ends the process without a farewell. */
  async kill(): Promise<void> {
    await this.#running.stop();
  }

  /** Closes the server as a deploy does, and ends the process. @returns the last counters of the server */
  async drain(): Promise<Counters> {
    await this.#running.ask('close');
    const last = await this.health();
    await this.kill();
    return last;
  }

  /** @throws if the process has ended, with what it printed */
  health(): Promise<Health> {
    return this.#running.ask('health');
  }

  /** The number of clients of all nodes that answer. @throws as above */
  clients(): Promise<number> {
    return this.#running.ask('clients');
  }

  /** @throws if the process has ended, with what it printed */
  state(): Promise<NodeState> {
    return this.#running.ask('state');
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
    await this.proxy.close();
  }

  get #running(): Program {
    if (this.#program === null) throw new Error('the node does not run');
    return this.#program;
  }
}
