import { memoryBroker } from 'nest-socketio';
import { afterEach, describe } from 'vitest';
import { cleanUp } from '../../support/engine-clean-up.js';
import { itKeepsHistory } from '../../support/history-suite.js';

describe('the history of rooms with a broker in memory', () => {
  afterEach(cleanUp);

  describe('on its own', () => {
    itKeepsHistory(memoryBroker);
  });

  describe('with recovery', () => {
    itKeepsHistory(memoryBroker, { connectionStateRecovery: {} });
  });
});
