import { afterEach, describe, expect, it } from 'vitest';
import { cleanUp } from '../support/engine-clean-up.js';
import { startServer } from '../support/server-rig.js';

afterEach(cleanUp);

describe('a deadline', () => {
  it('closes clients that join no namespace within connectTimeout', async () => {
    const rig = await startServer({ connectTimeout: 6_400 });
    const [late, [joined]] = [await rig.open(), await rig.join()];
    rig.clock.advance(6_500);
    expect(await late.closed).toEqual({ code: 1000 });
    await joined.idle();
  });

  it('closes clients whose attachments do not arrive within attachmentTimeout', async () => {
    const rig = await startServer({ attachmentTimeout: 6_400 });
    const [[late], [other]] = [await rig.join(), await rig.join()];
    late.send('451-["file",{"_placeholder":true,"num":0}]');
    await other.idle(); // the server has read both
    rig.clock.advance(6_500);
    expect(await late.closed).toEqual({ code: 1000 });
    await other.idle();
  });
});
