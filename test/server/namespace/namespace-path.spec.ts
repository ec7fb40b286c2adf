import { describe, expect, it } from 'vitest';
import { namespacePath } from '../../../lib/server/namespace/namespace-path.js';

describe('namespacePath', () => {
  it.each([
    ['chat', '/chat'],
    ['chat/room', '/chat/room'],
    ['', '/'],
  ])('puts a slash before %j', (name, path) => {
    expect(namespacePath(name)).toBe(path);
  });

  it.each(['/', '/chat', '/chat/', '//chat'])('leaves %j as it is', (name) => {
    expect(namespacePath(name)).toBe(name);
  });
});
