/**
 * The order of the spec files: the slow ones first, then the other applications, then the units, so that all workers
 * finish at about the same time. A worker serves one project, so the order changes between projects as seldom as
 * possible. Vitest orders by the durations of the last run, which a clean clone does not have.
 */
import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Each takes more than ten seconds, the slowest first. */
const SLOW = [
  'test/integration/broker/nemesis.spec.ts',
  'test/integration/package.spec.ts',
  'test/docs/site.spec.ts',
  'test/integration/broker/deploys.spec.ts',
  'test/integration/admin-page-browser.spec.ts',
  'test/sample/cluster.spec.ts',
  'test/integration/broker/outages.spec.ts',
  'test/migration/migration.spec.ts',
  'test/fuzz/fuzz.spec.ts',
  'test/bench/scripts.spec.ts',
  'test/bench/hot-path.spec.ts',
  'test/integration/chat.spec.ts',
  'test/integration/limits/slow-readers.spec.ts',
  'test/soak/soak.spec.ts',
  'test/integration/limits/storm.spec.ts',
  'test/integration/behind-nginx.spec.ts',
  'test/bench/smoke.spec.ts',
  'test/integration/user-mistakes.spec.ts',
  'test/integration/broker/redis.spec.ts',
  'test/docs/several-processes.spec.ts',
  'test/integration/sessions-sample.spec.ts',
  'test/integration/cluster.spec.ts',
  'test/integration/limits/absent-broker.spec.ts',
  'test/integration/docs-testing.spec.ts',
  'test/integration/traces.spec.ts',
  'test/integration/admin-ui.spec.ts',
];

export class SlowSpecsFirst extends BaseSequencer {
  override async sort(specs: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(specs);
    return sorted.toSorted((a, b) => this.#rankOf(a) - this.#rankOf(b));
  }

  #rankOf({ moduleId, project }: TestSpecification): number {
    const rank = SLOW.indexOf(relative(this.ctx.config.root, moduleId));
    if (rank !== -1) return rank;
    return project.name === 'units' ? SLOW.length + 1 : SLOW.length;
  }
}
