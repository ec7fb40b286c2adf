import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PageFiles } from '../../../lib/nest/admin/page-files.js';

/** A folder with these files. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'admin-page-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

describe('the files of the page', () => {
  it('are those of the web in its folder, and the stock client', async () => {
    const folder = folderOf({
      'page.html': '<p>',
      'page.js': 'run()',
      'icon.svg': '<svg/>',
      'page.js.map': '{}',
      'a.json': '{}',
    });
    const files = new PageFiles('standard', folder);
    expect(await files.get('page.js')).toEqual({ type: 'text/javascript; charset=utf-8', text: 'run()' });
    expect(await files.get('icon.svg')).toEqual({ type: 'image/svg+xml', text: '<svg/>' });
    for (const name of ['page.html', 'page.js.map', 'a.json', '../page.js', 'constructor']) {
      expect(await files.get(name), name).toBeUndefined();
    }
    expect((await files.get('client.js'))?.text).toMatch(/export\s*\{[^}]*\bio\b/);
  });

  it('include a client for MessagePack if the server speaks it', async () => {
    const text = (await new PageFiles('msgpack', folderOf({})).get('client.js'))?.text ?? '';
    expect(text.endsWith('\nexport const io = globalThis.io;\n')).toBe(true);
    expect(text).not.toContain('sourceMappingURL');
  });

  it('have values in the HTML, escaped', async () => {
    const files = new PageFiles('standard', folderOf({ 'page.html': '<a b="{{base}}">{{path}} {{namespace}}</a>' }));
    expect(await files.html({ base: './', path: '/s"><script>', namespace: '/a&b' })).toEqual({
      type: 'text/html; charset=utf-8',
      text: '<a b="./">/s&quot;&gt;&lt;script&gt; /a&amp;b</a>',
    });
  });
});
