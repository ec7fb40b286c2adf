import type { Check, Finding } from '../check.js';
import { TODO } from '../../source/todo.js';
import { lineAt } from '../places.js';

const COMMENT = new RegExp(`\\b${TODO.replaceAll(/[()]/g, '\\$&')}[ \\t]*([^\\r\\n]*?)[ \\t]*(?:\\*/)?$`, 'gm');

/** Comments in which the command `migrate` has left a decision to a person. */
export const decisions: Check = function* ({ project }): Iterable<Finding> {
  for (const path of project.sources) {
    const text = project.text(path);
    for (const { index, 1: decision = '' } of text.matchAll(COMMENT)) {
      const message = 'The migration left this for you to decide.';
      yield { level: 'hint', path, line: lineAt(text, index), message, fix: decision };
    }
  }
};
