import { memoryBroker } from 'nest-socketio';
import { describe } from 'vitest';
import { itIsACluster } from '../../support/broker-suite.js';

describe.each([2, 3])('%i servers with a broker in memory', (count) => {
  itIsACluster(count, () => ({ broker: memoryBroker() }));
});
