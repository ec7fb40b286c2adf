/**
 * Compares what clients said with what they heard. Messages that were said while nothing was broken must arrive. One
 * that does not arrive during a fault must be reported: by `recovered: false` to the client that missed it, or by a
 * counter of the node that lost it.
 */
import { disorderOf, keyOf, missedBy, type Presence } from '../../lib/cli/rehearse/ledger.js';
import type { Counters } from './cluster-node.js';
import type { Said, Talker } from './talker.js';

type Acknowledged = Said & { readonly ackedAt: number };

/** The time from a fault until all nodes are healthy again. */
export interface FaultWindow {
  readonly kind: string;
  /** ms */
  readonly from: number;
  to: number;
  /** The node that was killed, if any. */
  killed: string | null;
  /** The counters of all nodes, by id. */
  readonly before: ReadonlyMap<string, Counters>;
  after: ReadonlyMap<string, Counters>;
}

export interface Verdict {
  readonly findings: readonly string[];
  readonly counts: {
    readonly said: number;
    readonly heard: number;
    /** Messages that did not reach a client, by the fault and the excuse. */
    readonly gaps: Readonly<Record<string, number>>;
  };
}

export interface Rules {
  /** Whether clients resume their sessions. */
  readonly keeps: boolean;
  /** ms before the end of a session in which its last messages were under way */
  readonly underWay: number;
}

export function judge(
  talkers: readonly Talker[],
  windows: readonly FaultWindow[],
  { keeps, underWay }: Rules,
): Verdict {
  const findings = talkers.flatMap((talker) => [...talker.findings, ...findingsAbout(talker)]);
  const gaps: Record<string, number> = {};
  /** Messages that have crossed the broker, since clients of another node have heard them. */
  const crossed = new Set(
    talkers.flatMap((talker) => talker.heard.filter(({ from, at }) => at !== null && at !== from).map(keyOf)),
  );
  const said = talkers.flatMap((talker) => talker.said.filter(({ ackedAt }) => ackedAt !== null));
  for (const { message, listener } of missedBy(talkers, said)) {
    const presence = presenceAt(listener, message);
    if (presence === undefined) continue;
    const window = windows.find(({ from, to }) => message.at <= to && message.ackedAt >= from);
    const excuse = excuseFor(message, listener, presence, window);
    const kind = `${window?.kind ?? 'no fault'}: ${excuse ?? 'not reported'}`;
    gaps[kind] = (gaps[kind] ?? 0) + 1;
    if (excuse === null) findings.push(`${listener.name} missed ${keyOf(message)} during ${kind}`);
  }
  const heardCount = talkers.reduce((sum, talker) => sum + talker.heard.length, 0);
  return { findings, counts: { said: said.length, heard: heardCount, gaps } };

  function excuseFor(
    message: Acknowledged,
    talker: Talker,
    { to }: Presence,
    window: FaultWindow | undefined,
  ): string | null {
    const hasEnded = to !== null && to < message.ackedAt + underWay && to <= (window?.to ?? Infinity);
    if (hasEnded) return 'the session ended';
    if (window === undefined) return null;
    const sender = message.node as string;
    if (!keeps || !crossed.has(keyOf(message))) {
      if (window.killed === sender) return 'the node was killed';
      if (lossOf(window, sender, ['dropped', 'failed']) > 0) return 'counted where it was said';
    }
    const nodes = talker.visits
      .filter(({ from }, index) => from <= window.to && (talker.visits[index + 1]?.from ?? Infinity) >= window.from)
      .map(({ node }) => node);
    if (nodes.some((node) => lossOf(window, node, ['missed']) > 0)) return 'counted where it was missed';
    return null;
  }
}

/** The messages of each speaker to a room must be heard in order, and once. */
function findingsAbout({ name, heard }: Talker): string[] {
  return disorderOf(heard).map(({ message, newest }) => `${name} heard ${keyOf(message)} after ${newest}`);
}

function presenceAt({ presences }: Talker, { at, ackedAt }: Acknowledged): Presence | undefined {
  return presences.find(({ from, to }) => from <= at && (to === null || ackedAt <= to));
}

function lossOf({ before, after }: FaultWindow, node: string, names: readonly (keyof Counters)[]): number {
  return names.reduce((sum, name) => sum + (after.get(node)?.[name] ?? 0) - (before.get(node)?.[name] ?? 0), 0);
}
