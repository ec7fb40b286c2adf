import { expect, it } from 'vitest';
import { loadClientLibrary } from '../../../lib/cluster/broker/client-library.js';

it('names the line that installs a missing package', async () => {
  const name: string = 'no-such-package';
  await expect(loadClientLibrary('Nothing', 'pg', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  const missing = Object.assign(new Error(`Cannot find package '${name}' imported from /app/x.js`), {
    code: 'ERR_MODULE_NOT_FOUND',
  });
  await expect(loadClientLibrary('Nothing', name, () => Promise.reject(missing))).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message:
      'option "broker" with Nothing needs the package no-such-package, which is not installed: ' +
      'run npm install no-such-package',
    cause: missing,
  });
  await expect(loadClientLibrary('PostgreSQL', 'pg', () => Promise.reject(missing))).rejects.toBe(missing);
  await expect(loadClientLibrary('PostgreSQL', 'pg', () => Promise.resolve(1))).resolves.toBe(1);
});
