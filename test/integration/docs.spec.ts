/** The examples of docs/from-platform-socket.io.md compile, and do what the page says. */
import type { Type } from '@nestjs/common';
import { beforeAll, describe, expect, it } from 'vitest';
import { Examples } from '../support/examples.js';
import { next, startApp } from '../support/nest-app.js';
import { DIFFERENCES } from './drop-in/differences.js';

describe('from-platform-socket.io.md', () => {
  const examples = new Examples('docs/from-platform-socket.io.md');
  beforeAll(() => examples.compile());

  it('shows a gateway that runs unchanged', async () => {
    const { OldModule } = (await import(`${examples.folder}/old.module.js`)) as { OldModule: Type };
    const { connect } = await startApp({ imports: [OldModule] });
    const [ann, bob] = [connect('/chat'), connect('/chat')];
    const welcomes = await Promise.all([next(ann, 'welcome'), next(bob, 'welcome')]);
    expect(welcomes).toEqual([[ann.id], [bob.id]]);
    const heard = [next(ann, 'heard'), next(bob, 'said')];
    ann.emit('say', 'hello');
    expect(await Promise.all(heard)).toEqual([[5], ['hello']]);
  });

  it('lists every difference that the drop-in suite knows', () => {
    const table = examples.text.slice(examples.text.indexOf('## Differs'));
    for (const name of Object.keys(DIFFERENCES)) expect(table).toContain(`| ${name} `);
  });
});
