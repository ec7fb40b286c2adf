import 'reflect-metadata';
import { ExecutionContextHost } from '@nestjs/core/internal';
import { describe, expect, it } from 'vitest';
import { Call, CALL_INDEX } from '../../lib/nest/call.js';
import { FakeClient } from '../support/nest-client.js';

function ack(): void {}

describe('Call', () => {
  const client = new FakeClient().socket;

  it('reads name, body and arguments of an event', () => {
    const call = new Call(client, ['say', { text: 'hi' }, 2], ack);
    expect(call.event).toBe('say');
    expect(call.body).toEqual({ text: 'hi' });
    expect(call.args).toEqual([{ text: 'hi' }, 2]);
  });

  it('has no body if the event has no argument', () => {
    const call = new Call(client, ['ping'], undefined);
    expect(call.body).toBeUndefined();
    expect(call.args).toEqual([]);
  });

  it('protects its data from changes to the arguments', () => {
    const call = new Call(client, ['say', 1], undefined);
    call.args.push(2);
    expect(call.data).toEqual(['say', 1]);
  });

  it("puts itself where Nest's ArgumentsHost finds client, data and pattern", () => {
    const call = new Call(client, ['say', { text: 'hi' }], ack);
    const host = new ExecutionContextHost(call.hostArgs);
    expect(host.switchToWs().getClient()).toBe(client);
    expect(host.switchToWs().getData()).toBe(call.body);
    expect(host.switchToWs().getPattern()).toBe('say');
    expect(host.getArgByIndex(2)).toBe(ack);
    expect(host.getArgByIndex(CALL_INDEX)).toBe(call);
  });
});
