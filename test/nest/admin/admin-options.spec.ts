import { afterEach, describe, expect, it, vi } from 'vitest';
import { type AdminOptions, isServed, resolveAdminOptions } from '../../../lib/nest/admin/admin-options.js';
import { expectInvalid } from '../../support/option-errors.js';

class Guard {
  canActivate(): boolean {
    return true;
  }
}

const resolve = (option: unknown) => resolveAdminOptions(option as AdminOptions);

describe('the option admin', () => {
  afterEach(() => void vi.unstubAllEnvs());

  it('is off, on with defaults, or an object', () => {
    const defaults = { path: '/_live', guards: [], imports: [], payloads: false, readOnly: false };
    expect(resolve(false)).toBeNull();
    expect(resolve(true)).toEqual(defaults);
    expect(resolve({ path: undefined })).toEqual(defaults);
    const guard = new Guard();
    expect(resolve({ path: '/ops/live', guard: [Guard, guard], payloads: true })).toEqual({
      ...defaults,
      path: '/ops/live',
      guards: [Guard, guard],
      payloads: true,
    });
    expect(resolve({ guard: Guard })?.guards).toEqual([Guard]);
  });

  it.each<[option: unknown, message: string]>([
    [7, 'option "admin" must be true, false or an object, got 7: write admin: { path: \'/_live\', guard: AdminGuard }'],
    ...['live', '/', '/live/', '/a b', '/:id', '/*all', '/a"b', 7].map((path): [unknown, string] => [
      { path },
      `option "admin.path" must start with a slash and have letters, digits, ".", "_", "~" and "-", got ${JSON.stringify(path)}`,
    ]),
    [{ guard: 'admin' }, 'option "admin.guard" must be a guard or a list of guards, got "admin"'],
    [{ guard: null }, 'option "admin.guard" must be a guard or a list of guards, got null'],
    [{ imports: Guard }, 'option "admin.imports" must be a list of modules, got a function'],
    [{ payloads: 1 }, 'option "admin.payloads" must be true or false, got 1'],
    [{ readOnly: 'yes' }, 'option "admin.readOnly" must be true or false, got "yes"'],
  ])('must be valid: %j', (option, message) => {
    expectInvalid(() => resolve(option), message);
  });

  it('has no other members', () => {
    expect(() => resolve({ guards: [] })).toThrow(expect.objectContaining({ code: 'UNKNOWN_OPTION' }));
  });

  it.each([
    ['production', true, false],
    ['production', { guard: Guard }, true],
    ['development', true, true],
    ['', true, true],
  ])('with NODE_ENV=%s and %o serves the page: %s', (environment, option, served) => {
    vi.stubEnv('NODE_ENV', environment);
    const resolved = resolve(option);
    expect(resolved !== null && isServed(resolved)).toBe(served);
  });
});
