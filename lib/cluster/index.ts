export { EmitterOutlet, type Outlet } from './emitter-outlet.js';
export { checkEmitter, type EmitterChain, type PublishedEmitter } from './published-emitter.js';
