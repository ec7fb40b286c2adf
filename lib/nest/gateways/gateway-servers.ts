/**
 * The servers of an application: its own, and one more for each port or path that a gateway sets. Servers of one port
 * share the HTTP server of that port. A port other than the application's is opened when the bootstrap is over.
 */
import type { Server as HttpServer } from 'node:http';
import { createCluster } from '../../cluster/internal.js';
import type { Log } from '../../engine/internal.js';
import { type Namespace, Server, type ServerOptions } from '../../server/internal.js';
import type { NestGatewayMetadata } from '../decorators/metadata.js';
import { messages } from '../messages.js';
import type { SocketIoModuleOptions } from '../module-options.js';
import { serveNamespace, metadataOf } from './gateway-namespace.js';
import { type DeclaredGateway, mergeGatewayOptions } from './gateway-options.js';

/** A server with its port and path. */
export interface Endpoint {
  readonly server: Server;
  /** 0 for the application's own port. */
  readonly port: number;
  readonly path: string;
  /** The names of its gateways. */
  readonly gateways: string[];
}

/** `/socket.io`, or `3001/socket.io` for a server on a port of its own. */
export function nameOfEndpoint({ port, path }: Pick<Endpoint, 'port' | 'path'>): string {
  return port === 0 ? path : `${port}${path}`;
}

const DEFAULT_PATH = '/socket.io';

export class GatewayServers {
  /** The server of the application's own port and path. */
  readonly main: Server;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #httpServers = new Map<number, HttpServer>();
  readonly #mainPath: string;
  readonly #log: Log;
  #closing: Promise<void> | null = null;

  /**
   * @param options of the module
   * @param broker of the module: each server is in a cluster with those of the same port and path
   * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION`
   */
  constructor(
    options: ServerOptions,
    gateways: readonly DeclaredGateway[],
    log: Log,
    broker?: SocketIoModuleOptions['broker'],
  ) {
    this.#log = log;
    this.#mainPath = trimmed(options.path ?? commonPath(gateways) ?? DEFAULT_PATH);
    const groups = new Map<string, DeclaredGateway[]>([[this.#keyOf(0), []]]);
    for (const gateway of gateways) {
      const key = this.#keyOf(gateway.port, gateway.options.path);
      groups.set(key, [...(groups.get(key) ?? []), gateway]);
    }
    for (const [key, members] of groups) {
      const [port, path] = JSON.parse(key) as [number, string];
      const server = new Server({
        ...mergeGatewayOptions(members, options, log),
        ...(broker !== undefined && { broker: createCluster(broker, scopeOf(port, path, key === this.#keyOf(0))) }),
        path,
        logger: log,
      });
      this.#endpoints.set(key, { server, port, path, gateways: members.map(({ name }) => name) });
    }
    this.main = this.serverAt(0);
    if (this.#endpoints.size > 1) for (const one of this.all) one.server.label = nameOfEndpoint(one);
  }

  /**
   * The server of a port and path, or the main server if they have none.
   * @param path by default that of the main server
   */
  serverAt(port: number, path?: string): Server {
    const endpoint = this.#endpoints.get(this.#keyOf(port, path));
    return endpoint === undefined ? this.main : endpoint.server;
  }

  /**
   * The namespace to which the handlers of a gateway are bound.
   * @throws SocketIoError `INVALID_ARGUMENT`
   */
  namespaceOf(gateway: NestGatewayMetadata): Namespace {
    return serveNamespace(this.serverAt(gateway.port, gateway.options.path), metadataOf(gateway));
  }

  /** All servers, that of the application's own port and path first. */
  get all(): readonly Endpoint[] {
    return [...this.#endpoints.values()];
  }

  /** Whether there is a server for the port and path of the gateway. */
  has(gateway: NestGatewayMetadata): boolean {
    return this.#endpoints.has(this.#keyOf(gateway.port, gateway.options.path));
  }

  /** The value of `@WebSocketServer()`: the server itself if the gateway names no namespace. */
  serverOf(gateway: NestGatewayMetadata): Server | Namespace {
    const { port, options } = gateway;
    return options.namespace === undefined ? this.serverAt(port, options.path) : this.namespaceOf(gateway);
  }

  /** The namespace of a gateway for the log, with port and path if they are not the application's own. */
  describe(gateway: NestGatewayMetadata): string {
    const { port, options } = gateway;
    const { path } = options;
    const { namespace: name } = metadataOf(gateway);
    const isMain = this.serverAt(port, path) === this.main;
    return isMain ? name : `${name} on ${port === 0 ? '' : `port ${port}, `}path ${trimmed(path ?? this.#mainPath)}`;
  }

  /** Serves the paths of the application's own HTTP server. */
  attach(httpServer: HttpServer): void {
    for (const { port, server } of this.#endpoints.values()) if (port === 0) server.attach(httpServer);
  }

  /** Connects the servers to the broker. @throws SocketIoError `INVALID_OPTION` if it cannot be used at all */
  async joinCluster(): Promise<void> {
    await Promise.all(Array.from(this.#endpoints.values(), ({ server }) => server.joinCluster()));
  }

  /** Whether a gateway sets a port of its own. */
  get hasPorts(): boolean {
    return [...this.#endpoints.values()].some(({ port }) => port !== 0);
  }

  /** Opens the ports that gateways set. Rejects if one of them is taken. */
  async listen(): Promise<void> {
    for (const { port, server } of this.#endpoints.values()) {
      if (port !== 0) server.attach(this.#httpServerOf(port, server));
    }
    await Promise.all([...this.#httpServers].map(([port, httpServer]) => this.#listen(httpServer, port)));
  }

  /** Lets all servers count as draining. @returns resolves after their `drain.delay` */
  async announceClose(): Promise<void> {
    await Promise.all(this.all.map(({ server }) => server.announceClose()));
  }

  /** Closes all servers. Further calls return the promise of the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #httpServerOf(port: number, server: Server): HttpServer {
    const httpServer = this.#httpServers.get(port) ?? server.http.create();
    this.#httpServers.set(port, httpServer);
    return httpServer;
  }

  #listen(httpServer: HttpServer, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      httpServer.once('error', (cause) =>
        reject(new Error(messages.cannotListen(port, this.#gatewaysOn(port)), { cause })),
      );
      httpServer.listen(port, () => {
        httpServer.removeAllListeners('error').on('error', (error) => this.#log.error(`port ${port} failed`, error));
        resolve();
      });
    });
  }

  #gatewaysOn(port: number): string[] {
    return [...this.#endpoints.values()].filter((one) => one.port === port).flatMap(({ gateways }) => gateways);
  }

  async #close(): Promise<void> {
    await this.announceClose(); // the ports stay open for so long
    const closed = [...this.#httpServers.values()].map(
      (httpServer) => new Promise((resolve) => httpServer.close(resolve)),
    );
    await Promise.all([...this.#endpoints.values()].map(({ server }) => server.close()));
    await Promise.all(closed);
  }

  #keyOf(port: number, path?: string): string {
    return JSON.stringify([port, trimmed(path ?? this.#mainPath)]);
  }
}

/** Separates the clusters of different ports and paths. Workers are in the cluster of the main server. */
function scopeOf(port: number, path: string, isMain: boolean): string {
  return isMain ? '' : `${port}${path.replace(/[^a-z\d]+/gi, '-')}`;
}

/** The path of all gateways on the application's own port, if they agree. */
function commonPath(gateways: readonly DeclaredGateway[]): string | undefined {
  const paths = new Set(gateways.filter(({ port }) => port === 0).map(({ options }) => options.path));
  return paths.size === 1 ? [...paths][0] : undefined;
}

function trimmed(path: string): string {
  return path.replace(/\/$/, '');
}
