/**
 * The servers of an application: its own, and one more for each port or path that gateways ask for. A path
 * shares the HTTP server of its port; one on a port of its own begins to listen when the application's
 * bootstrap is over.
 */
import { createServer, type Server as HttpServer } from 'node:http';
import type { Log } from '../../engine/index.js';
import { type Namespace, Server, type ServerOptions } from '../../server/index.js';
import { serveNamespace, servedBy } from './gateway-namespace.js';
import { type DeclaredGateway, gatewayOptions } from './gateway-options.js';
import { messages } from '../messages.js';
import type { NestGatewayMetadata } from '../decorators/metadata.js';

interface Place {
  readonly server: Server;
  readonly port: number;
  readonly path: string;
  readonly gateways: string[];
}

const DEFAULT_PATH = '/socket.io';

export class GatewayServers {
  /** The application's own. */
  readonly main: Server;
  readonly #places = new Map<string, Place>();
  readonly #ports = new Map<number, HttpServer>();
  readonly #mainPath: string;
  readonly #log: Log;
  #closing: Promise<void> | null = null;

  /**
   * @param options of the module
   * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION`
   */
  constructor(options: ServerOptions, gateways: readonly DeclaredGateway[], log: Log) {
    this.#log = log;
    this.#mainPath = trimmed(options.path ?? commonPath(gateways) ?? DEFAULT_PATH);
    const groups = new Map<string, DeclaredGateway[]>([[this.#keyOf(0), []]]);
    for (const gateway of gateways) {
      const key = this.#keyOf(gateway.port, gateway.options.path);
      groups.set(key, [...(groups.get(key) ?? []), gateway]);
    }
    for (const [key, members] of groups) {
      const [port, path] = JSON.parse(key) as [number, string];
      const server = new Server({ ...gatewayOptions(members, options, log), path, logger: log });
      this.#places.set(key, { server, port, path, gateways: members.map(({ name }) => name) });
    }
    this.main = this.at(0);
  }

  /** @param path the server's default without it */
  at(port: number, path?: string): Server {
    const place = this.#places.get(this.#keyOf(port, path));
    return place === undefined ? this.main : place.server;
  }

  /**
   * The namespace on which the handlers of a gateway stand.
   * @throws SocketIoError `INVALID_ARGUMENT`
   */
  namespaceOf(gateway: NestGatewayMetadata): Namespace {
    return serveNamespace(this.at(gateway.port, gateway.options.path), servedBy(gateway));
  }

  /** Whether there is a server for the port and path that the gateway asks for. */
  has(gateway: NestGatewayMetadata): boolean {
    return this.#places.has(this.#keyOf(gateway.port, gateway.options.path));
  }

  /** What stands behind `@WebSocketServer()`: without a namespace the server itself. */
  serverOf(gateway: NestGatewayMetadata): Server | Namespace {
    const { port, options } = gateway;
    return options.namespace === undefined ? this.at(port, options.path) : this.namespaceOf(gateway);
  }

  /** Namespace, and port and path where they are not the application's own, for the log. */
  describe(gateway: NestGatewayMetadata): string {
    const { port, options } = gateway;
    const { path } = options;
    const { namespace: name } = servedBy(gateway);
    const own = this.at(port, path) === this.main;
    return own ? name : `${name} on ${port === 0 ? '' : `port ${port}, `}path ${trimmed(path ?? this.#mainPath)}`;
  }

  /** Serves the paths of the application's own HTTP server. */
  attach(httpServer: HttpServer): void {
    for (const { port, server } of this.#places.values()) if (port === 0) server.attach(httpServer);
  }

  /** Whether gateways asked for ports of their own. */
  get hasPorts(): boolean {
    return [...this.#places.values()].some(({ port }) => port !== 0);
  }

  /** Serves the ports that gateways asked for. Rejects when one is taken. */
  async listen(): Promise<void> {
    for (const { port, server } of this.#places.values()) {
      if (port !== 0) server.attach(this.#httpServerOf(port));
    }
    await Promise.all([...this.#ports].map(([port, httpServer]) => this.#listen(httpServer, port)));
  }

  /** Ends together with the first call. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #httpServerOf(port: number): HttpServer {
    const known = this.#ports.get(port);
    const httpServer = known ?? createServer((_request, response) => response.writeHead(404).end());
    this.#ports.set(port, httpServer);
    return httpServer;
  }

  #listen(httpServer: HttpServer, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      httpServer.once('error', (cause) =>
        reject(new Error(messages.portTaken(port, this.#gatewaysOn(port)), { cause })),
      );
      httpServer.listen(port, () => {
        httpServer.removeAllListeners('error').on('error', (error) => this.#log.error(`port ${port} failed`, error));
        resolve();
      });
    });
  }

  #gatewaysOn(port: number): string[] {
    return [...this.#places.values()].filter((place) => place.port === port).flatMap(({ gateways }) => gateways);
  }

  async #close(): Promise<void> {
    const ended = [...this.#ports.values()].map((httpServer) => new Promise((resolve) => httpServer.close(resolve)));
    await Promise.all([...this.#places.values()].map(({ server }) => server.close()));
    await Promise.all(ended);
  }

  #keyOf(port: number, path?: string): string {
    return JSON.stringify([port, trimmed(path ?? this.#mainPath)]);
  }
}

/** The path that all gateways on the application's own port agree on. */
function commonPath(gateways: readonly DeclaredGateway[]): string | undefined {
  const paths = new Set(gateways.filter(({ port }) => port === 0).map(({ options }) => options.path));
  return paths.size === 1 ? [...paths][0] : undefined;
}

function trimmed(path: string): string {
  return path.replace(/\/$/, '');
}
