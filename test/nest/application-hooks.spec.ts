import { describe, expect, it } from 'vitest';
import { standIn } from '../../lib/nest/application-hooks.js';

class Gateway {
  name = 'Chat';

  start(greeting: string): string {
    return `${greeting} ${this.name}`;
  }
}

describe('standIn', () => {
  it('takes the place of a method for one call, and can call it', () => {
    const gateway = new Gateway();
    standIn(gateway, 'start', (original, [greeting]) => `(${String(original(greeting))})`);
    expect(Object.keys(gateway)).toEqual(['name']);
    expect(gateway.start('hi')).toBe('(hi Chat)');
    expect(gateway.start('hi')).toBe('hi Chat');
    expect(Object.hasOwn(gateway, 'start')).toBe(false);
  });

  it('puts back what stood on the object itself', () => {
    const gateway = new Gateway();
    const own = Object.assign(gateway, { start: () => 'own' }).start;
    standIn(gateway, 'start', (original) => `(${String(original())})`);
    expect(gateway.start('hi')).toBe('(own)');
    expect(Object.values(gateway)).toEqual(['Chat', own]);
  });

  it('stands where nothing was', () => {
    const object: { stop?: () => unknown } = {};
    standIn(object, 'stop', (original) => [original()]);
    expect(object.stop?.()).toEqual([undefined]);
    expect(Object.keys(object)).toEqual([]);
    expect(object.stop).toBeUndefined();
  });
});
