/**
 * Health checks for `@nestjs/terminus`.
 *
 * @module nest-socketio/terminus
 */
export { LivenessCheck } from './liveness-check.decorator.js';
export type { ReadinessProblem, ReadinessOptions, ServerReadiness } from './readiness.js';
export {
  type DelayInMilliseconds,
  type LivenessDetails,
  type LivenessOptions,
  type ReadinessDetails,
  SocketIoHealthIndicator,
} from './socket-io-health.indicator.js';
export { SocketIoHealthModule } from './socket-io-health.module.js';
