import { describe, expect, it } from 'vitest';
import { resolveTelemetryOptions } from '../../../lib/server/telemetry/telemetry-options.js';

describe('the option telemetry', () => {
  it('records nothing on its own: metrics and traces start with their readers', () => {
    expect(resolveTelemetryOptions()).toEqual({ metrics: null, traces: null, clientContext: false, journal: null });
  });

  it('records a part of the traces', () => {
    const parts = [true, false, 0.01].map((traces) => resolveTelemetryOptions({ traces }).traces);
    expect(parts).toEqual([1, 0, 0.01]);
  });

  it('keeps a journal of 10,000 entries, or of another size', () => {
    expect(resolveTelemetryOptions({ journal: true }).journal).toEqual({ size: 10_000 });
    expect(resolveTelemetryOptions({ journal: { size: 5 } }).journal).toEqual({ size: 5 });
    expect(resolveTelemetryOptions({ journal: false }).journal).toBeNull();
  });

  it.each([
    [true, 'option "telemetry" must be an object, got true: write telemetry: { metrics: true }'],
    [{ metrics: 1 }, 'option "telemetry.metrics" must be true or false, got 1'],
    [{ traces: 'yes' }, 'option "telemetry.traces" must be true, false or a number from 0 to 1, got "yes"'],
    [{ traces: 1.5 }, 'option "telemetry.traces" must be true, false or a number from 0 to 1, got 1.5'],
    [{ traces: Number.NaN }, 'option "telemetry.traces" must be true, false or a number from 0 to 1, got NaN'],
    [{ clientContext: 0 }, 'option "telemetry.clientContext" must be true or false, got 0'],
    [{ journal: 5 }, 'option "telemetry.journal" must be true, false or an object, got 5'],
  ])('refuses %j', (given, message) => {
    expect(() => resolveTelemetryOptions(given as object)).toThrow(message);
  });

  it.each([{ metric: true }, { journal: { length: 5 } }, { journal: { size: 0 } }])('refuses %j', (given) => {
    expect(() => resolveTelemetryOptions(given as object)).toThrow(/option/);
  });
});
