import { describe, expect, it } from 'vitest';
import { loadClientLibraries } from '../../../lib/cluster/broker/client-library.js';

function missing(name: string): () => Promise<never> {
  const error = new Error(`Cannot find package '${name}' imported from /app/x.js`);
  return () => Promise.reject(Object.assign(error, { code: 'ERR_MODULE_NOT_FOUND' }));
}

const found = () => Promise.resolve(1);

describe('the client libraries of a broker', () => {
  it('are loaded if they are needed', async () => {
    expect(await loadClientLibraries('X', { a: found, b: null })).toEqual({ a: 1, b: null });
  });

  it.each([
    [{ a: missing('a') }, 'the package a, which is not installed: run npm install a'],
    [{ a: missing('a'), b: found }, 'the package a, which is not installed: run npm install a'],
    [{ a: missing('a'), b: null }, 'the package a, which is not installed: run npm install a'],
    [{ a: missing('a'), b: missing('b') }, 'the packages a and b, which are not installed: run npm install a b'],
  ])('must be installed: %o', async (packages, rest) => {
    await expect(loadClientLibraries('X', packages)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: `option "broker" with X needs ${rest}`,
    });
  });

  it('are not taken for absent if they are broken', async () => {
    await expect(loadClientLibraries('X', { a: missing('other') })).rejects.toThrow("Cannot find package 'other'");
    await expect(loadClientLibraries('X', { a: () => Promise.reject(new Error('broken')) })).rejects.toThrow('broken');
  });
});
