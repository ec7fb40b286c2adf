import { afterEach, describe, expect, it } from 'vitest';
import { createTracer } from '../../../../lib/server/telemetry/tracing/create-tracer.js';
import { cleanUp } from '../../../support/engine-clean-up.js';
import { recordSpans } from '../../../support/spans.js';

afterEach(cleanUp);

const absent = () => null;
const create = (traces: boolean | null) => createTracer({ traces, clientContext: false });

describe('createTracer', () => {
  it('records if a provider is registered, unless the option says otherwise', () => {
    expect([create(null), create(false)]).toEqual([null, null]);
    expect(create(true)).not.toBeNull();
    recordSpans();
    expect(create(null)).not.toBeNull();
    expect(create(false)).toBeNull();
  });

  it('needs the package only for spans that are wanted', () => {
    expect(createTracer({ traces: null, clientContext: true }, absent)).toBeNull();
    expect(() => createTracer({ traces: true, clientContext: false }, absent)).toThrow(
      'option "telemetry.traces" needs the package @opentelemetry/api, which is not installed: ' +
        'run npm install @opentelemetry/api, or remove the option',
    );
  });
});
