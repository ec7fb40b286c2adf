/** Packets whose size on the wire says little about their cost: the search for attachments must stay cheap. */
import { describe, expect, it } from 'vitest';
import { BYTES, hostileScene, PART } from '../../support/hostile-scene.js';
import { cpuOf } from '../../support/cpu.js';

const scene = hostileScene();

const items = (unit: string, count: number) => Array.from({ length: count }, () => unit).join();

describe('a binary packet', () => {
  it.each([
    ['numbers', '1', 240_000],
    ['objects', '{"a":1}', 60_000],
    ['texts', '"abc"', 80_000],
  ])('of many %s costs little more CPU than a text packet of that size', async (_, unit, count) => {
    scene.rig.of('/').onEvent('bulk', () => {});
    const [client] = await scene.rig.join();
    const list = `[${items(unit, count)}]`;
    const plain = [`42["bulk",0,${list}]`];
    const binary = [`451-["bulk",${PART},${list}]`, BYTES];
    const cost = async (messages: readonly (string | Buffer)[]): Promise<number> => {
      client.send(...messages);
      await client.idle(); // warm
      return cpuOf(async () => {
        for (let i = 0; i < 4; i++) client.send(...messages);
        await client.idle();
      });
    };
    const [text, withParts] = [await cost(plain), await cost(binary)];
    expect(withParts).toBeLessThan(4 * text + 50); // ms; it was 10 to 20 times as much
  });

  it('with more arrays and objects than limits.containers ends the connection before it is parsed', async () => {
    const client = await scene.open();
    await client.join();
    client.send(`451-["bulk",${PART},[${items('{}', 100_000)}]]`, BYTES);
    expect(await client.closed).toEqual({ code: 1002 });
    expect(client.heard).toEqual([expect.stringMatching(/^40/)]);
    expect(scene.rig.server.engine.limitCounts.containers).toBe(1);
  });
});

describe('a text packet', () => {
  it('with more arrays and objects than limits.containers ends the connection', async () => {
    const { client, told } = await scene.join();
    client.send(`42["bulk",[${items('[]', 100_000)}]]`);
    expect(await client.closed).toEqual({ code: 1002 });
    expect(told.some(([what]) => what === 'event')).toBe(false);
    expect(scene.rig.server.engine.limitCounts.containers).toBe(1);
  });

  it('with as many as allowed is handled', async () => {
    const { client, told } = await scene.join();
    client.send(`42["bulk",[${items('[]', 99_998)}]]`);
    await client.idle();
    expect(told.map(([what, name]) => [what, name])).toEqual([['event', 'bulk']]);
  });

  it('with more arguments, levels, attachments or characters than allowed is counted by the name of the limit', async () => {
    const violations = [
      `42["e"${',0'.repeat(65)}]`,
      `42["e",${'['.repeat(70)}${']'.repeat(70)}]`,
      `4511-["e",${PART}]`,
      `40/${'n'.repeat(255)},`,
    ];
    for (const violation of violations) {
      const client = await scene.open();
      await client.join();
      client.send(violation);
      expect(await client.closed).toEqual({ code: 1002 });
    }
    expect(scene.rig.server.engine.limitCounts).toMatchObject({
      arguments: 1,
      depth: 1,
      attachments: 1,
      namespaceLength: 1,
    });
  });
});
