/** All that other layers use of this one. */
export * from './index.js';
export { checkEmitter, type EmitterTarget, PublishedEmitterTarget } from './emitter-target.js';
