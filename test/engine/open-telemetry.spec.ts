import * as api from '@opentelemetry/api';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadOpenTelemetry, openTelemetry } from '../../lib/engine/open-telemetry.js';

describe('openTelemetry', () => {
  it('returns the API that the application has installed, and loads it once', () => {
    const loaded = openTelemetry();
    expect(loaded?.SpanKind).toEqual(api.SpanKind);
    expect(openTelemetry()).toBe(loaded);
  });

  it('returns null without the package', () => {
    expect(loadOpenTelemetry(pathToFileURL('/nowhere/index.js').href)).toBeNull();
  });
});
