import { Adapter } from 'socket.io-adapter';
import { describe, expect, it } from 'vitest';
import type { ServerOptions } from '../../lib/server/index.js';
import { Settings } from '../../lib/server/settings.js';

describe('Settings', () => {
  it('adds options where the first ones are silent', () => {
    const settings = new Settings({ path: '/first', connectTimeout: undefined } as unknown as ServerOptions);
    settings.add({ path: '/second', connectTimeout: 5, pingTimeout: 6 });
    expect(settings.resolved).toMatchObject({ connectTimeout: 5, engine: { path: '/first', pingTimeout: 6 } });
  });

  it('sets an option whatever it was, and keeps it', () => {
    const settings = new Settings({ path: '/first' });
    settings.set({ path: '/second' });
    settings.add({ path: '/third' });
    expect(settings.resolved.engine.path).toBe('/second');
  });

  it('changes what it has handed out', () => {
    const settings = new Settings({});
    const { resolved } = settings;
    const { engine } = resolved;
    settings.set({ ackTimeout: 7, pingTimeout: 8 });
    expect([resolved.ackTimeout, engine.pingTimeout]).toEqual([7, 8]);
    expect(settings.resolved).toBe(resolved);
    expect(resolved.engine).toBe(engine);
  });

  it('refuses what is no option, and leaves all as it was', () => {
    const settings = new Settings({});
    expect(() => settings.set({ connectTimeout: -1 })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(() => settings.add({ pth: '/' } as ServerOptions)).toThrow('did you mean "path"?');
    expect(settings.resolved.connectTimeout).toBe(45_000);
    expect(() => settings.set({ path: '/a' })).not.toThrow();
  });

  it('refuses changes once it is sealed, but for the adapter', () => {
    const settings = new Settings({});
    settings.seal();
    const late = { code: 'ALREADY_SERVING' };
    expect(() => settings.set({ path: '/a' })).toThrow(expect.objectContaining(late));
    expect(() => settings.add({ path: '/a', pingTimeout: 1 })).toThrow(
      expect.objectContaining({ ...late, message: expect.stringContaining('too late for "path", "pingTimeout"') }),
    );
    settings.add({});
    settings.setAdapter(Adapter);
    expect(settings.resolved.adapter).toBe(Adapter);
  });
});
