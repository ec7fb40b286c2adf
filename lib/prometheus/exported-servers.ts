/** The servers whose metrics a registry has. They share the metrics, since a registry has each name once. */
import type { Metric as PromMetric, Registry } from 'prom-client';
import { SocketIoError } from '../errors.js';
import type { Labels, ServerMetrics } from '../server/internal.js';
import { ExportedMetric, type LabelledMetric } from './exported-metric.js';

/**
 * The part of a server that is read.
 * @publicApi
 */
export interface MeasuredServer {
  readonly metrics: Pick<ServerMetrics, 'collect'>;
  /** @internal See `Server.label`. */
  readonly label?: string | null;
}

interface Member {
  readonly server: MeasuredServer;
  readonly labels: Labels;
}

type Reading = ReadonlyMap<string, readonly LabelledMetric[]>;

/** By registry and prefix. */
const known = new WeakMap<Registry, Map<string, ExportedServers>>();

/**
 * Adds the metrics of a server to a registry.
 * @param labels must differ from those of the other servers
 * @returns a function that removes them
 * @throws SocketIoError `INVALID_ARGUMENT`
 */
export function exportServer(registry: Registry, prefix: string, member: Member): () => void {
  const byPrefix = known.get(registry) ?? new Map<string, ExportedServers>();
  known.set(registry, byPrefix);
  const servers = byPrefix.get(prefix) ?? new ExportedServers(registry, prefix, member.server);
  servers.add(member);
  byPrefix.set(prefix, servers);
  return () => {
    servers.remove(member);
    if (servers.isEmpty) byPrefix.delete(prefix);
  };
}

class ExportedServers {
  readonly #registry: Registry;
  readonly #members = new Set<Member>();
  readonly #names: readonly string[];
  /** Set during a turn: a registry reads all metrics in one. */
  #reading: Reading | null = null;

  constructor(registry: Registry, prefix: string, server: MeasuredServer) {
    const metrics = server.metrics
      .collect()
      .map((metric) => new ExportedMetric(metric, prefix, () => this.#read().get(metric.name) ?? []));
    this.#registry = registry;
    this.#names = metrics.map(({ name }) => name);
    // A registry needs no more of a metric than `ExportedMetric` has, but declares the classes of prom-client.
    for (const metric of metrics) registry.registerMetric(metric as unknown as PromMetric);
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  /** @throws SocketIoError `INVALID_ARGUMENT` */
  add(member: Member): void {
    const labels = labelsOf(member);
    if ([...this.#members].some((other) => labelsOf(other) === labels)) {
      throw new SocketIoError(
        'INVALID_ARGUMENT',
        `servers in one registry must have different labels, got ${labels} twice: ` +
          "write collectSocketIoMetrics(server, { labels: { server: 'chat' } })",
      );
    }
    this.#members.add(member);
  }

  /** With the last server, the metrics leave the registry. */
  remove(member: Member): void {
    this.#members.delete(member);
    if (this.isEmpty) for (const name of this.#names) this.#registry.removeSingleMetric(name);
  }

  #read(): Reading {
    if (this.#reading !== null) return this.#reading;
    const reading = new Map<string, LabelledMetric[]>();
    for (const { server, labels } of this.#members) {
      for (const metric of server.metrics.collect()) {
        reading.set(metric.name, [...(reading.get(metric.name) ?? []), { metric, labels }]);
      }
    }
    queueMicrotask(() => {
      this.#reading = null;
    });
    return (this.#reading = reading);
  }
}

function labelsOf({ server: { label = null }, labels }: Member): string {
  const all: Labels = { ...(label !== null && { server: label }), ...labels };
  return JSON.stringify(all, Object.keys(all).toSorted());
}
