import { expect, it } from 'vitest';
import { LimitReport, resolveLimits } from '../../../lib/engine/internal.js';
import { checkRooms } from '../../../lib/server/socket/join-rooms.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { ManualClock } from '../../support/manual-clock.js';

function scene() {
  const limits = resolveLimits({ rooms: 3, roomLength: 5 });
  const logger = new RecordingLog();
  const limitReport = new LimitReport({ limits, logger, clock: new ManualClock() });
  const client = { conn: { quotedAddress: '"10.0.0.1"', logFields: {} }, options: { engine: { limits, limitReport } } };
  const check = (names: string[], joined: number) => (): void => checkRooms(names, joined, '/chat', client);
  return { check, limitReport, logger };
}

it('lets a client join as many rooms as the limit allows, with names as long as it allows', () => {
  const { check, limitReport } = scene();
  expect(check(['a', 'short'], 1)).not.toThrow();
  expect([limitReport.counts.rooms, limitReport.counts.roomLength]).toEqual([0, 0]);
});

it('refuses one room too many, counts that and logs it', () => {
  const { check, limitReport, logger } = scene();
  expect(check(['a', 'b'], 2)).toThrow(
    expect.objectContaining({
      code: 'TOO_MANY_ROOMS',
      message: expect.stringContaining('a client may be in 3 rooms of /chat:') as string,
    }),
  );
  expect(limitReport.counts.rooms).toBe(1);
  expect(logger.warnings).toEqual(['a client of "10.0.0.1" was kept from joining a room: limits.rooms (3) is reached']);
});

it('refuses a name that is too long, even of the first room, counts that and logs it', () => {
  const { check, limitReport, logger } = scene();
  expect(check(['a', 'longer'], 0)).toThrow(
    expect.objectContaining({
      code: 'ROOM_NAME_TOO_LONG',
      message: expect.stringContaining('may have 5 characters, got 6') as string,
    }),
  );
  expect(limitReport.counts.roomLength).toBe(1);
  expect(logger.warnings).toEqual([
    'a client of "10.0.0.1" was kept from joining a room: limits.roomLength (5) is reached',
  ]);
});
