import { describe, expect, it } from 'vitest';
import { ClientReason } from '../../../lib/engine/internal.js';
import { ClusterMember } from '../../../lib/server/cluster/cluster-member.js';
import { resolveServerOptions, Server } from '../../../lib/server/internal.js';

describe('a server as its cluster sees it', () => {
  it('has the options in force, also after they have changed', () => {
    const server = new Server();
    const member = new ClusterMember(server);
    const { engine, codec } = server.options;
    expect([member.codec, member.codecName, member.recovery, member.history]).toEqual([codec, 'standard', null, null]);
    expect([member.clock, member.log, member.limits]).toEqual([engine.clock, engine.logger, engine.limits]);
    Object.assign(
      server.options,
      resolveServerOptions({ parser: 'msgpack', connectionStateRecovery: {}, history: {} }),
    );
    expect(member.codecName).toBe('msgpack');
    expect([member.codec, member.recovery, member.history]).toEqual([
      server.options.codec,
      expect.objectContaining({ skipMiddlewares: expect.any(Boolean) }),
      server.options.history,
    ]);
  });

  it('has the adapters of the namespaces that clients can be in', () => {
    const server = new Server();
    const member = new ClusterMember(server);
    expect(member.adapterOf('/')).toBe(server.sockets.delivery);
    expect(member.adapterOf('/chat')).toBeUndefined();
  });

  it('serves clients unless it cannot be reached', () => {
    const server = new Server();
    const member = new ClusterMember(server);
    expect(member.serves).toBe(true);
    server.unreachableBecause = 'nothing listens';
    expect(member.serves).toBe(false);
  });

  it('keeps the link with which it joined', () => {
    const server = new Server();
    const { broker } = server;
    expect(new ClusterMember(server).link).toBe(broker);
  });

  it('ends the connections of a user', () => {
    const server = new Server();
    const ended: unknown[] = [];
    const member = new ClusterMember(
      Object.assign(server, { disconnectUserHere: (...args: unknown[]) => ended.push(args) }),
    );
    const reason = ClientReason.of('bye');
    member.disconnectUser('ann', reason);
    expect(ended).toEqual([['ann', reason]]);
  });
});
