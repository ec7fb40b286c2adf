import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConfigurableModuleClass, nestLog, SOCKETIO_OPTIONS, splitOptions } from '../../lib/nest/module-options.js';

describe('nestLog', () => {
  afterEach(() => void vi.restoreAllMocks());

  it("passes lines to Nest's logger", () => {
    const debug = vi.spyOn(Logger.prototype, 'debug').mockReturnValue();
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const log = nestLog();
    log.debug('a detail');
    log.warn('look here');
    expect(debug.mock.calls).toEqual([['a detail']]);
    expect(warn.mock.calls).toEqual([['look here']]);
  });

  it('passes errors with their stack, and other values as text', () => {
    const error = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
    const log = nestLog();
    const thrown = new Error('x');
    log.error('it failed');
    log.error('it failed', thrown);
    log.error('it failed', { code: 7, deep: { er: [1] } });
    log.error('it failed', null);
    expect(error.mock.calls).toEqual([
      ['it failed'],
      ['it failed', thrown.stack],
      ['it failed', '{ code: 7, deep: { er: [ 1 ] } }'],
      ['it failed', 'null'],
    ]);
  });
});

describe('splitOptions', () => {
  it('checks httpShutdownTimeout', () => {
    expect(() => splitOptions({ httpShutdownTimeout: -1 })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });

  it('fills in the options of gateways, and leaves the rest to the server', () => {
    expect(splitOptions({ path: '/live' })).toEqual({
      errors: 'event',
      globals: undefined,
      session: 'handshake',
      httpShutdownTimeout: false,
      server: { path: '/live' },
    });
    expect(splitOptions({ errors: 'ack', globals: false, session: 'live', httpShutdownTimeout: 7 })).toEqual({
      errors: 'ack',
      globals: false,
      session: 'live',
      httpShutdownTimeout: 7,
      server: {},
    });
  });

  it.each([
    ['errors', 'event, ack, both'],
    ['session', 'handshake, live'],
  ])('refuses an invalid value of %s', (name, values) => {
    expect(() => splitOptions({ [name]: 'sometimes' })).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: `option "${name}" must be one of ${values}, got "sometimes"`,
      }),
    );
  });
});

describe('ConfigurableModuleClass', () => {
  it('is global by default', () => {
    expect(ConfigurableModuleClass.forRoot({}).global).toBe(true);
    expect(ConfigurableModuleClass.forRoot({ isGlobal: true }).global).toBe(true);
    expect(ConfigurableModuleClass.forRoot({ isGlobal: false }).global).toBe(false);
    expect(ConfigurableModuleClass.forRootAsync({ useFactory: () => ({}) }).global).toBe(true);
    expect(ConfigurableModuleClass.forRootAsync({ isGlobal: false, useFactory: () => ({}) }).global).toBe(false);
  });

  it('removes the extras of the module from the options of the server', () => {
    const { providers } = ConfigurableModuleClass.forRoot({ isGlobal: false, path: '/live' });
    expect(providers).toContainEqual({ provide: SOCKETIO_OPTIONS, useValue: { path: '/live' } });
  });
});
