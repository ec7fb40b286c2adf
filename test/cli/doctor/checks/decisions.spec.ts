import { expect, it } from 'vitest';
import { decisions } from '../../../../lib/cli/doctor/checks/decisions.js';
import { linesOf } from '../facts.js';

it('lists what the migration has left to decide', () => {
  const files = {
    'src/main.ts':
      '\n// TODO(nest-socketio): move these options to forRoot\nserver.use(log);\n/* TODO(nest-socketio): and this */',
    'src/app.module.ts': '// TODO: something else, for nest-socketio',
    'README.html': 'TODO(nest-socketio): no code',
  };
  expect(linesOf(decisions, { files })).toEqual([
    'src/main.ts:2 hint: The migration left this for you to decide. → move these options to forRoot',
    'src/main.ts:4 hint: The migration left this for you to decide. → and this',
  ]);
});
