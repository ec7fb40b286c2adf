/**
 * Notices an application that has gateways of this library but no `SocketIoModule`. Nest would bind such gateways with
 * another WebSocket adapter, to which `@Event` means nothing, or exit because no adapter is installed.
 *
 * The decorators make Nest inject a `ModuleRef` into each gateway: so this file gets to know the application as soon as
 * Nest makes the gateway, in whatever module. Until `SocketIoModule` is made too, the WebSocket adapter of that
 * application is one that creates no server. Nest requests a server at start-up and only if clients can connect, so a
 * unit test or a worker may have gateways without the module. All state belongs to one application.
 */
import { Inject, type WebSocketAdapter } from '@nestjs/common';
import { ApplicationConfig, ModuleRef, ModulesContainer } from '@nestjs/core';
import { SocketIoError } from '../errors.js';
import { messages } from './messages.js';

/** As Nest calls it: `dispose` is missing in its type. */
type Adapter = WebSocketAdapter & { dispose?(): unknown };

/** The property into which Nest injects. A setter of the prototype gets the value, so instances have no property. */
const MODULE_REF = Symbol('nest-socketio:module_ref');

/** Applications whose module is made, and those in which a gateway was made first. */
const served = new WeakSet<ApplicationConfig>();
const watched = new WeakSet<ApplicationConfig>();

/** Makes the class of a gateway need `SocketIoModule`. @param prototype of the class */
export function requireModule(prototype: object): void {
  const type = prototype.constructor as { readonly name: string; readonly prototype?: object };
  if (type.prototype !== prototype || Object.hasOwn(prototype, MODULE_REF)) return;
  Object.defineProperty(prototype, MODULE_REF, {
    set(moduleRef: unknown) {
      if (moduleRef instanceof ModuleRef) watch(moduleRef, type.name); // a test may inject a mock
    },
    configurable: true,
  });
  Inject(ModuleRef)(prototype, MODULE_REF);
}

/** Called when `SocketIoModule` is made. */
export function moduleIsMade(config: ApplicationConfig): void {
  served.add(config);
  if (watched.has(config)) Reflect.deleteProperty(config, 'getIoAdapter');
}

function watch(moduleRef: ModuleRef, gateway: string): void {
  const config = moduleRef.get(ApplicationConfig, { strict: false });
  if (served.has(config) || watched.has(config)) return;
  watched.add(config);
  const modules = moduleRef.get(ModulesContainer, { strict: false });
  const original = config.getIoAdapter.bind(config);
  config.getIoAdapter = () => unservedAdapter(original() as Adapter | undefined, gateway, modules);
}

/** The application's own adapter, if it has one, without its servers. */
function unservedAdapter(adapter: Adapter | undefined, gateway: string, modules: ModulesContainer): Adapter {
  return {
    create: () => {
      const imported = [...modules.values()].map(({ metatype }) => metatype.name);
      const root = [...modules.values()].reduce((a, b) => (b.distance < a.distance ? b : a));
      throw new SocketIoError('INVALID_SETUP', messages.missingModule(gateway, root.metatype.name, imported));
    },
    bindClientConnect: () => {},
    bindMessageHandlers: () => {},
    close: (server: unknown) => adapter?.close(server) as unknown,
    dispose: () => adapter?.dispose?.(),
  };
}
