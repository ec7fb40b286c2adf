import { describe, expect, it } from 'vitest';
import { UnhandledEvents } from '../../../lib/server/namespace/unhandled-events.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { ManualClock } from '../../support/manual-clock.js';

function unhandled(namespace = '/') {
  const [clock, logger] = [new ManualClock(), new RecordingLog()];
  return { clock, logger, events: new UnhandledEvents(namespace, { clock, logger }) };
}

describe('UnhandledEvents', () => {
  it('counts each', () => {
    const { events } = unhandled();
    expect(events.count).toBe(0);
    events.add('a', []);
    events.add('a', []);
    events.add('b', []);
    expect(events.count).toBe(3);
  });

  it('mentions the nearest known name', () => {
    const { events, logger } = unhandled('/chat');
    events.add('mesage', ['join', 'message', '7']);
    expect(logger.debugs).toEqual(['nobody handles the event "mesage" in /chat (did you mean "message"?)']);
  });

  it('mentions none when none is near', () => {
    const { events, logger } = unhandled();
    events.add('weather', ['join', 'leave']);
    expect(logger.debugs).toEqual(['nobody handles the event "weather" in /']);
  });

  it('mentions one a minute and how many it held back', () => {
    const { clock, events, logger } = unhandled();
    events.add('a', []);
    events.add('b', []);
    clock.advance(59_999);
    events.add('c', []);
    expect(logger.debugs).toHaveLength(1);
    clock.advance(1);
    events.add('d', []);
    expect(logger.debugs[1]).toBe('nobody handles the event "d" in / (2 more since the last such line)');
  });

  it('escapes and cuts what the client called it', () => {
    const { events, logger } = unhandled();
    events.add(`\n\u001b[31m${'x'.repeat(1_000)}`, ['known']);
    expect(logger.debugs[0]).toMatch(/^nobody handles the event "\\n\\u001b\[31mx+…" in \/$/);
    expect(logger.debugs[0]?.length).toBeLessThan(300);
  });
});
