import { SocketIoError } from '../../errors.js';
import { refuseUnknownOptions } from '../../options.js';

/**
 * Checks that a function such as `natsBroker()` got either a URL or a client, and no unknown option.
 * @param name the name of the function
 * @param client the name of the option for a client
 * @param url a valid URL, for the error message
 * @throws SocketIoError `INVALID_OPTION`, `UNKNOWN_OPTION`
 */
export function checkSourceOptions(options: object, name: string, client: string, url: string): void {
  refuseUnknownOptions(options, ['url', client, 'channel'], `${name}()`);
  const given = Object.entries(options).filter(([option, value]) => option !== 'channel' && value !== undefined);
  if (given.length === 1) return;
  throw new SocketIoError(
    'INVALID_OPTION',
    `${name}() must have either the option "url" or the option "${client}", ` +
      `got ${given.length === 0 ? 'neither' : 'both'}: write ${name}({ url: '${url}' })`,
  );
}
