/** Packets that violate the grammar or exceed a limit: each closes its own connection, and only that. */
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../lib/errors.js';
import { BYTES, hostileScene, PART, type Messages, title } from '../../support/hostile-scene.js';
import { nested } from '../../support/wire.js';

const scene = hostileScene();

const ones = (count: number) => Array.from({ length: count }, () => '1').join();

describe('a packet against the grammar', () => {
  const CLOSING: readonly Messages[] = [
    // EVENT
    ['42'],
    ['42[]'],
    ['42{}'],
    ['42null'],
    ['42"e"'],
    ['42[null]'],
    ['42[{"toString":"x"}]'],
    ['42[["e"]]'],
    ['42["connect"]'],
    ['42["connect_error"]'],
    ['42["disconnect","transport close"]'],
    ['42["disconnecting"]'],
    ['42["newListener"]'],
    ['42["removeListener"]'],
    ['420["disconnect"]'],
    ['42 1["e"]'],
    ['42 ["e"]'],
    ['42\n["e"]'],
    ['421.5["e"]'],
    ['42-1["e"]'],
    ['42+1["e"]'],
    ['421e3["e"]'],
    ['420x1["e"]'],
    ['42abc["e"]'],
    ['42١["e"]'],
    ['429007199254740992["e"]'],
    [`42${'9'.repeat(30)}["e"]`],
    ['42["e"'],
    ['42["e"]]'],
    ["42['e']"],
    ['42["e",undefined]'],
    ['42/,x["e"]'],
    // ACK
    ['430{}'],
    ['430null'],
    ['43x[]'],
    // CONNECT, DISCONNECT, CONNECT_ERROR
    ['40'],
    ['40{}'],
    ['41{}'],
    ['41[]'],
    ['44{"message":"x"}'],
    ['44"x"'],
    // namespaces
    ['42/other,["x"]'],
    ['42/nope,["x"]'],
    ['41/other,'],
    ['430/other,[]'],
    [`40/${'n'.repeat(255)},`],
    // attachments
    [`450-["x"]`],
    ['450-["x",{}]'],
    [`45-["x",${PART}]`],
    [`451["x",${PART}]`],
    [`45+1-["x",${PART}]`, BYTES],
    [`451e0-["x",${PART}]`, BYTES],
    [`450x1-["x",${PART}]`, BYTES],
    [`45 1-["x",${PART}]`, BYTES],
    [`45-1-["x",${PART}]`, BYTES],
    [`4511-["x",${Array.from({ length: 11 }, (_, num) => JSON.stringify({ _placeholder: true, num })).join()}]`],
    [`4599999-["x",${PART}]`],
    [`45${'9'.repeat(30)}-["x",${PART}]`],
    ['451-["x",{"_placeholder":true,"num":5}]', BYTES],
    ['451-["x",{"_placeholder":true,"num":1}]', BYTES],
    ['451-["x",{"_placeholder":true,"num":-1}]', BYTES],
    ['451-["x",{"_placeholder":true,"num":0.5}]', BYTES],
    ['451-["x",{"_placeholder":true,"num":1000000000}]', BYTES],
    ['451-["x",{"_placeholder":true,"num":"0"}]', BYTES],
    ['451-["x",{"_placeholder":true,"num":"splice"}]', BYTES],
    ['451-["x",{"_placeholder":true,"num":null}]', BYTES],
    ['451-["x",{"_placeholder":true}]', BYTES],
    ['451-["x"]', BYTES],
    [`451-["x",${PART},${PART}]`, BYTES],
    [`452-["x",${PART}]`, BYTES],
    [`452-["x",${PART},${PART}]`, BYTES, BYTES],
    [`451-[${PART}]`, BYTES],
    [`451-["disconnect",${PART}]`, BYTES],
    [`451-["x",${PART}]`, '42["e"]'],
    [`451-["x",${PART}]`, '41'],
    [`451-["x",${PART}]`, `451-["x",${PART}]`],
    [`461-0${PART}`, BYTES],
    [BYTES],
    [Buffer.alloc(0)],
    [`451-["x",${PART}]`, BYTES, BYTES],
    [`451-/other,["x",${PART}]`],
    [`451-/nope,["x",${PART}]`],
    // types that do not exist
    ['47["x"]'],
    ['49'],
    ['4x'],
    ['4'],
    ['4-1'],
    // more than any client needs
    [`42["x",${ones(65)}]`],
    [`430[${ones(65)}]`],
    [`42["x",${nested(64)}]`],
    [`42["x",${'{"a":'.repeat(64)}1${'}'.repeat(64)}]`],
    [`42["x",${'['.repeat(100_000)}]`],
    [`42${'1'.repeat(900_000)}["x"]`],
    [`42/${'n'.repeat(900_000)}`],
    [`45${'1'.repeat(900_000)}-["x"]`],
  ];

  it.each(CLOSING.map((messages) => ({ name: title(messages), messages })))(
    'closes the connection: $name',
    async ({ messages }) => {
      const { client, told } = await scene.join();
      client.send(...messages);
      expect(await client.closed).toEqual({ code: 1002 });
      const error = expect.any(ProtocolError);
      expect(told.filter(([what]) => what !== 'event')).toEqual([
        ['error', error],
        ['disconnecting', 'parse error', error],
        ['disconnect', 'parse error', error],
      ]);
      expect(client.heard).toHaveLength(1); // the answer to CONNECT
      expect(scene.rig.log.debugs.filter((line) => line.startsWith('closing connection: '))).toHaveLength(1);
    },
  );

  it('drops packets for a namespace that the client has left', async () => {
    const { client, told } = await scene.join();
    client.send('41', '42["x"]');
    await client.join();
    expect(told).toEqual([
      ['disconnecting', 'client namespace disconnect', undefined],
      ['disconnect', 'client namespace disconnect', undefined],
    ]);
  });

  it('closes the connection when attachments never arrive', async () => {
    const { client, told } = await scene.join();
    client.send(`452-["x",${PART},{"_placeholder":true,"num":1}]`, BYTES);
    await scene.neighbour.idle();
    scene.rig.clock.advance(10_200);
    expect(await client.closed).toEqual({ code: 1000 });
    const error = new ProtocolError('attachments did not arrive');
    expect(told).toEqual([
      ['error', error],
      ['disconnecting', 'forced close', error],
      ['disconnect', 'forced close', error],
    ]);
  });

  it('closes the connection when the attachments of a packet are too large together', async () => {
    const { client, told } = await scene.join();
    const large = Buffer.alloc(600_000);
    client.send(`452-["x",${PART},{"_placeholder":true,"num":1}]`, large, large);
    expect(await client.closed).toEqual({ code: 1002 });
    expect(told.at(-1)).toEqual(['disconnect', 'parse error', expect.any(ProtocolError)]);
  });
});
