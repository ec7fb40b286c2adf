/**
 * Moments in the life of a Nest application for which Nest has no hook of its own: the end of the bootstrap, a
 * module that is loaded later, and a limit on the time that closing takes.
 */
import type { LazyModuleLoader, ModulesContainer } from '@nestjs/core';
import type { Server as HttpServer } from 'node:http';
import type { Clock, Log } from '../engine/internal.js';
import { messages } from './messages.js';

type Method = (...args: unknown[]) => unknown;

/**
 * Replaces a method for its next call only. That call first restores the object, then calls the replacement.
 * @param replacement gets the original method, which does nothing if the object had none, and the arguments
 */
export function replaceOnce(
  object: object,
  name: string,
  replacement: (original: Method, args: unknown[]) => unknown,
): void {
  const own = Object.getOwnPropertyDescriptor(object, name);
  const original: unknown = (object as Record<string, unknown>)[name];
  const method = (...args: unknown[]): unknown => {
    if (own === undefined) Reflect.deleteProperty(object, name);
    else Object.defineProperty(object, name, own);
    return replacement(
      (...given) => (typeof original === 'function' ? original.apply(object, given) : undefined),
      args,
    );
  };
  Object.defineProperty(object, name, { value: method, configurable: true, writable: true, enumerable: false });
}

/**
 * Runs a task when the bootstrap of the application is over. Nest calls the bootstrap hooks of one module after the
 * other, the root module's last, so the task runs right after that hook. The task runs at once if the caller is the
 * root module, or if the root module is not a singleton.
 * @param caller the module that calls this from its own `onApplicationBootstrap`
 * @param task if it rejects, so does `app.init()`
 */
export async function afterBootstrap(
  modules: ModulesContainer,
  caller: object,
  task: () => Promise<void>,
): Promise<void> {
  const root = [...modules.values()].reduce((a, b) => (b.distance < a.distance ? b : a));
  const wrapper = root.getProviderByKey<object>(root.metatype);
  const { instance } = wrapper;
  // Compared by class: an instance decorator of the application may have put a proxy around the instance.
  if (root.metatype === caller.constructor || !wrapper.isDependencyTreeStatic()) return task();
  replaceOnce(instance, 'onApplicationBootstrap', async (original) => {
    await original();
    await task();
  });
}

/** Calls `loaded` after each module that the loader loads. `load()` waits for it, and rejects if it rejects. */
export function onModuleLoaded(loader: LazyModuleLoader, loaded: () => Promise<void>): void {
  const load = loader.load.bind(loader);
  loader.load = async (...args) => {
    const moduleRef = await load(...args);
    await loaded();
    return moduleRef;
  };
}

/**
 * Cuts off the HTTP responses that are still open after the timeout. Nest waits for all of them before it closes, so
 * an event stream that its client never closes would keep the application running.
 * @param timeout ms from now, so call this just before the HTTP server is closed
 */
export function limitClosing(http: HttpServer, timeout: number, clock: Clock, log: Log): void {
  if (!http.listening) return;
  const deadline = clock.after(timeout, () => {
    log.warn(messages.httpStillOpen(timeout));
    http.closeAllConnections();
  });
  http.once('close', () => deadline.cancel());
}
