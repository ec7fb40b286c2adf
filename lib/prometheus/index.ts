/**
 * Metrics for Prometheus, through `prom-client`.
 *
 * @module nest-socketio/prometheus
 */
export { collectSocketIoMetrics, type SocketIoMetricsOptions } from './collect-socket-io-metrics.js';
export type { MeasuredServer } from './exported-servers.js';
export { SocketIoPrometheusModule, type SocketIoPrometheusOptions } from './socket-io-prometheus.module.js';
