import { describe, expect, it, vi } from 'vitest';
import { EngineSocket } from '../../../lib/engine/connection/engine-socket.js';

type Callback = (error: Error | null, data?: Buffer) => void;

/** A WebSocket with compression whose messages are inflated when the test says so. */
function inflating() {
  const jobs: Callback[] = [];
  const extension = {
    decompress: (_data: Buffer, _fin: boolean, callback: Callback) => void jobs.push(callback),
    cleanup: () => {},
  };
  const ws = new EngineSocket(null as never, undefined, {});
  Object.assign(ws, { _extensions: { 'permessage-deflate': extension } });
  ws.awaitInflating();
  const closed = vi.fn();
  ws.on('close', closed);
  const end = (): void => (ws as unknown as { emitClose(): void }).emitClose();
  return { jobs, extension, closed, end };
}

describe('EngineSocket.awaitInflating', () => {
  it('delays the end until no message is being inflated', () => {
    const { jobs, extension, closed, end } = inflating();
    const inflated = vi.fn();
    extension.decompress(Buffer.alloc(1), true, inflated);
    extension.decompress(Buffer.alloc(1), true, inflated);
    end();
    jobs[0]?.(null, Buffer.alloc(2));
    expect(inflated).toHaveBeenCalledWith(null, Buffer.alloc(2));
    expect(closed).not.toHaveBeenCalled();
    jobs[1]?.(new Error('invalid data'));
    expect(closed).toHaveBeenCalledOnce();
  });

  it('does not delay the end of a WebSocket that inflates nothing', () => {
    const { jobs, extension, closed, end } = inflating();
    extension.decompress(Buffer.alloc(1), true, () => {});
    jobs[0]?.(null, Buffer.alloc(2));
    end();
    expect(closed).toHaveBeenCalledOnce();
  });

  it('does nothing for a WebSocket without compression', () => {
    const ws = new EngineSocket(null as never, undefined, {});
    ws.awaitInflating();
    const closed = vi.fn();
    ws.on('close', closed);
    (ws as unknown as { emitClose(): void }).emitClose();
    expect(closed).toHaveBeenCalledOnce();
  });
});
