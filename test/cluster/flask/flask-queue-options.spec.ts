import { describe, expect, it } from 'vitest';
import { resolveQueueOptions } from '../../../lib/cluster/flask/flask-queue-options.js';

describe('the options of the queue', () => {
  it('have the defaults of Flask-SocketIO', () => {
    expect(resolveQueueOptions({})).toEqual({ channel: 'flask-socketio', bareValues: false });
    expect(resolveQueueOptions({ channel: undefined } as never)).toEqual(resolveQueueOptions({}));
  });

  it('keep the given values', () => {
    const given = { channel: 'socketio', bareValues: true, logger: console };
    expect(resolveQueueOptions(given)).toEqual(given);
  });

  it.each([
    [{ chanel: 'a' }, 'the queue of Flask-SocketIO has no option "chanel" (did you mean "channel"?)'],
    [{ channel: '' }, 'option "channel" must be the name of a Redis channel, got ""'],
    [{ channel: 7 }, 'option "channel" must be the name of a Redis channel, got 7'],
  ])('reject %j', (options, message) => {
    expect(() => resolveQueueOptions(options as never)).toThrow(message);
  });
});
