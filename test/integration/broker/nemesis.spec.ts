/** Three nodes and their broker under faults. See test/nemesis/README.md. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Report, runNemesis } from '../../nemesis/nemesis.js';
import { requireBuild } from '../../support/build.js';
import { describeWith } from '../../support/requires.js';

const MINUTES = Number(process.env['NEMESIS_MINUTES'] ?? 0);
const SEED = Number(process.env['NEMESIS_SEED'] ?? Math.ceil(Math.random() * 1e6));

/** ms. Longer than the time after which a silent node counts as gone, if there is the time. */
const LONGEST = MINUTES > 0 ? 13_000 : 800;

/** Bytes by which a node may grow. */
const GROWTH = 30_000_000;

const reports = new Map<boolean, Report>();

async function run(recovery: boolean): Promise<void> {
  const report = await runNemesis({ seed: SEED, recovery, duration: MINUTES * 60_000, longest: LONGEST });
  reports.set(recovery, report);
  if (MINUTES > 0) console.log({ seed: SEED, recovery, ...report.counts, faults: report.faults.length });
}

describeWith('redis-server', `a cluster under faults, seed ${SEED}`, () => {
  beforeAll(
    async () => {
      requireBuild();
      await Promise.all([run(false), run(true)]);
    },
    MINUTES * 60_000 + 240_000,
  );

  describe.each([
    ['over pub/sub', false],
    ['over streams, with recovery', true],
  ])('%s', (_name, recovery) => {
    const report = (): Report => reports.get(recovery) as Report;
    const hint = `repeat with NEMESIS_SEED=${SEED}`;

    it('keeps the order, repeats nothing, and reports each gap', () => {
      const { findings, counts, recovered } = report();
      expect(findings.slice(0, 20), hint).toEqual([]);
      expect(counts.said).toBeGreaterThan(500);
      expect(counts.heard).toBeGreaterThan(1_000);
      if (recovery) expect(recovered).toBeGreaterThan(0);
    });

    it('keeps all processes healthy', () => {
      for (const { escaped, logged } of report().nodes) {
        expect(escaped, hint).toEqual([]);
        expect(repeatedLines(logged), hint).toEqual([]);
      }
      expect(report().growth, hint).toBeLessThan(GROWTH);
    });
  });
});

/** Warnings and errors that were logged twice within a minute, whatever their numbers and ids. */
function repeatedLines(logged: Report['nodes'][number]['logged']): string[] {
  const last = new Map<string, number>();
  return logged
    .filter(({ kind }) => kind !== 'log')
    .flatMap(({ text, at }) => {
      const kind = text.replaceAll(/[\d.]+/g, 'n').slice(0, 60);
      const before = last.get(kind) ?? Number.NEGATIVE_INFINITY;
      last.set(kind, at);
      return at - before < 60_000 ? [`${text} (${at - before} ms after such a line)`] : [];
    });
}
