import { afterEach, describe, expect, it } from 'vitest';
import { createTracer } from '../../../../lib/server/telemetry/tracing/create-tracer.js';
import { cleanUp } from '../../../support/engine-clean-up.js';
import { recordSpans } from '../../../support/spans.js';

afterEach(cleanUp);

const absent = () => null;
const create = (traces: number | null) => createTracer({ traces, clientContext: false });

describe('createTracer', () => {
  it('records if a provider is registered, unless the option says otherwise', () => {
    expect([create(null), create(0)]).toEqual([null, null]);
    expect(create(1)).not.toBeNull();
    recordSpans();
    expect(create(null)).not.toBeNull();
    expect(create(0)).toBeNull();
  });

  it('needs the package only for spans that are wanted', () => {
    expect(createTracer({ traces: null, clientContext: true }, absent)).toBeNull();
    expect(createTracer({ traces: 0, clientContext: true }, absent)).toBeNull();
    expect(() => createTracer({ traces: 0.5, clientContext: false }, absent)).toThrow(
      'option "telemetry.traces" needs the package @opentelemetry/api, which is not installed: ' +
        'run npm install @opentelemetry/api, or remove the option',
    );
  });
});
