/** Loads the client library of a broker. It is an optional peer dependency: most applications need one of them. */
import { SocketIoError } from '../../errors.js';

/**
 * @param engine the name of the engine, for the error message
 * @param name the name of the package
 * @param load imports the package
 * @throws SocketIoError `INVALID_OPTION` if the package is not installed
 */
export async function loadClientLibrary<M>(engine: string, name: string, load: () => Promise<M>): Promise<M> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes(`'${name}'`)) throw error;
    throw new SocketIoError(
      'INVALID_OPTION',
      `option "broker" with ${engine} needs the package ${name}, which is not installed: run npm install ${name}`,
      { cause: error },
    );
  }
}
