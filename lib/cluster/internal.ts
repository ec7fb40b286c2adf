/** All that other layers use of this one. */
export * from './index.js';
export { ownVersion } from './own-version.js';
export { brokerOf } from './broker/broker-option.js';
export { checkEmitter, type EmitterTarget, PublishedEmitterTarget } from './emitter-target.js';
