import { describe, expect, it } from 'vitest';
import { ConfigurableModuleClass, SOCKETIO_OPTIONS, splitOptions } from '../../lib/nest/module-options.js';

describe('splitOptions', () => {
  it('says where to write the option admin', () => {
    expect(() => splitOptions({ admin: true } as object)).toThrow(
      'option "admin" must not come from a factory, got true: write it next to useFactory, as routes are made before',
    );
  });

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
