/** Loads the packages that an entry point such as `nest-socketio/terminus` is for. They are optional peer dependencies. */
import { createRequire } from 'node:module';
import { SocketIoError } from '../errors.js';

/**
 * Loads a package at once: with `await import()` at the top of a module, CommonJS could not load the entry point.
 * @param neededBy the entry point, for the error message
 * @throws SocketIoError `INVALID_SETUP` if the package is not installed
 */
export function requirePackage(name: string, neededBy: string): unknown {
  try {
    return createRequire(import.meta.url)(name);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'MODULE_NOT_FOUND' || !message.includes(`'${name}'`)) throw error;
    throw new SocketIoError(
      'INVALID_SETUP',
      `${neededBy} needs the package ${name}, which is not installed: run npm install ${name}`,
      { cause: error },
    );
  }
}
