/** Judges the recording of a rehearsal. */
import { connectedOver, type CurvePoint } from './curve.js';
import { disorderOf, type Missed, missedBy, type Said } from './ledger.js';
import type { Participant } from './participant.js';
import { type Distribution, distributionOf } from './percentiles.js';
import type { Recording, Scope } from './recording.js';
import type { Outage } from './talker.js';

/**
 * Where the client that missed a message was:
 *
 * - `connected`: connected all the time
 * - `resumed`: without a connection, and it resumed its session afterwards
 * - `startedAgain`: without a connection, and it got a fresh session afterwards
 * - `notBack`: without a connection until the end
 */
export type Loss = 'connected' | 'resumed' | 'startedAgain' | 'notBack';

export interface MessageResult {
  readonly sent: number;
  readonly acknowledged: number;
  /** Answered with an error. */
  readonly refused: number;
  /** Not answered although the connection held. */
  readonly unanswered: number;
  /** Not answered because the connection broke. Such messages may have arrived or not, and do not count as lost. */
  readonly cutOff: number;
  /** How often clients heard a message of another one. */
  readonly heard: number;
  /** How often a client missed an acknowledged message. */
  readonly lost: number;
  readonly lostWhile: Readonly<Record<Loss, number>>;
  readonly doubled: number;
  readonly reordered: number;
  readonly late: number;
  /** ms from sending to hearing, not counting the time without a connection; `null` if no message was heard */
  readonly delay: Distribution | null;
}

export interface ConnectionResult {
  /** How often a client lost its connection. */
  readonly lost: number;
  readonly resumed: number;
  readonly startedAgain: number;
  /** Clients that were not connected at the end. */
  readonly notBack: number;
  /** Lost connections by the reason that the stock client gives. */
  readonly reasons: Readonly<Record<string, number>>;
  /** ms without a connection, of each lost connection; `null` if there is none */
  readonly away: Distribution | null;
}

export interface RestartResult {
  readonly command: string;
  readonly exitCode: number | null;
  /** Seconds since the start at which the command started and ended. */
  readonly from: number;
  readonly to: number;
  /** ms from the first connection that was lost until all clients were back; `null` if they were not, or none was lost */
  readonly everybodyBack: number | null;
}

export interface Result {
  /** Whether the rehearsal has passed: there are no findings. */
  readonly passed: boolean;
  /** Each thing that must not be, as a sentence. */
  readonly findings: readonly string[];
  readonly scope: Scope;
  readonly namespace: string;
  readonly clients: number;
  readonly seconds: number;
  readonly messages: MessageResult;
  readonly connections: ConnectionResult;
  readonly restarts: readonly RestartResult[];
  /** Errors of clients by reason. */
  readonly errors: Readonly<Record<string, number>>;
  /** Seconds since the start, and connected clients. */
  readonly curve: readonly CurvePoint[];
  /** The longest time by which this command was late itself, which delays messages too. ms */
  readonly ownDelay: number;
  readonly wasInterrupted: boolean;
}

export interface Thresholds {
  /** ms */
  readonly late: number;
  readonly maxLost: number;
  /** The commands that had to run. */
  readonly restarts: readonly string[];
}

/** ms before the end of a connection in which messages to the client were under way. */
const UNDER_WAY = 5_000;

export function judge(recording: Recording, thresholds: Thresholds): Result {
  const { scope, namespace, participants, from, to, problems, ownDelay, wasInterrupted } = recording;
  const messages = judgeMessages(recording, thresholds.late);
  const connections = judgeConnections(recording);
  const restarts = judgeRestarts(recording);
  const findings = findingsOf(scope, messages, connections, restarts, thresholds);
  return {
    passed: findings.length === 0,
    findings,
    scope,
    namespace,
    clients: participants.length,
    seconds: (to - from) / 1_000,
    messages,
    connections,
    restarts,
    errors: Object.fromEntries(problems),
    curve: connectedOver(participants, from, to),
    ownDelay: Math.round(ownDelay),
    wasInterrupted,
  };
}

// --- Messages ---

function judgeMessages({ scope, participants }: Recording, late: number): MessageResult {
  const said = participants.flatMap((participant) => participant.said);
  const acknowledged = said.filter(({ ackedAt }) => ackedAt !== null).length;
  const refused = sum(participants, ({ rejected }) => rejected);
  const unanswered = sum(participants, (participant) => (participant.isPresent ? participant.unanswered : 0));
  const lostWhile: Record<Loss, number> = { connected: 0, resumed: 0, startedAgain: 0, notBack: 0 };
  if (scope === 'messages') {
    for (const missed of missedBy(participants, said)) {
      const loss = lossOf(missed);
      if (loss !== null) lostWhile[loss]++;
    }
  }
  const disorder = participants.flatMap(({ heard }) => disorderOf(heard));
  const delays = participants.flatMap(({ heard }) => heard.map(({ delay }) => delay));
  return {
    sent: said.length,
    acknowledged,
    refused,
    unanswered,
    cutOff: said.length - acknowledged - refused - unanswered,
    heard: delays.length,
    lost: sum(Object.values(lostWhile), (count) => count),
    lostWhile,
    doubled: disorder.filter(({ kind }) => kind === 'doubled').length,
    reordered: disorder.filter(({ kind }) => kind === 'reordered').length,
    late: delays.filter((delay) => delay > late).length,
    delay: distributionOf(delays),
  };
}

/** Returns where the client was, or `null` if it need not have heard the message. */
function lossOf({ message, listener }: Missed<Said, Participant>): Loss | null {
  const { name, presences, outages } = listener;
  const first = presences[0];
  if (message.speaker.startsWith(`${name}.`)) return null; // its own
  if (first === undefined || message.at < first.from) return null; // it was not in the room yet
  const outage = outages.find(
    ({ from, to }) => from <= message.ackedAt + UNDER_WAY && (to === null || to >= message.at),
  );
  if (outage === undefined) return 'connected';
  if (outage.to === null) return 'notBack';
  return outage.recovered === true ? 'resumed' : 'startedAgain';
}

// --- Connections ---

function judgeConnections({ participants, from }: Recording): ConnectionResult {
  const outages = outagesOf(participants, from);
  const returned = outages.filter(isOver);
  return {
    lost: outages.length,
    resumed: returned.filter(({ recovered }) => recovered === true).length,
    startedAgain: returned.filter(({ recovered }) => recovered === false).length,
    notBack: outages.length - returned.length,
    reasons: countBy(outages, ({ reason }) => reason),
    away: distributionOf(returned.map((outage) => outage.to - outage.from)),
  };
}

function judgeRestarts({ participants, restarts, from: start }: Recording): RestartResult[] {
  const outages = outagesOf(participants, start);
  return restarts.map(({ command, exitCode, from, to }, i) => {
    const next = restarts[i + 1]?.from ?? Infinity;
    const own = outages.filter((outage) => outage.from >= from && outage.from < next);
    const returned = own.filter(isOver);
    const isComplete = own.length > 0 && returned.length === own.length;
    const first = own.reduce((least, outage) => Math.min(least, outage.from), Infinity);
    const last = returned.reduce((most, outage) => Math.max(most, outage.to), 0);
    return {
      command,
      exitCode,
      from: (from - start) / 1_000,
      to: (to - start) / 1_000,
      everybodyBack: isComplete ? Math.round(last - first) : null,
    };
  });
}

/** The outages since the start of the talk. */
function outagesOf(participants: readonly Participant[], start: number): Outage[] {
  return participants.flatMap(({ outages }) => outages.filter(({ from }) => from >= start));
}

function isOver(outage: Outage): outage is Outage & { readonly to: number } {
  return outage.to !== null;
}

// --- Findings ---

const PLACES: Readonly<Record<Loss, string>> = {
  connected: 'while the client was connected',
  resumed: 'although the client resumed its session',
  startedAgain: 'by clients that could not resume and got a fresh session',
  notBack: 'by clients that did not come back',
};

function findingsOf(
  scope: Scope,
  messages: MessageResult,
  { notBack }: ConnectionResult,
  restarts: readonly RestartResult[],
  { maxLost, restarts: commands }: Thresholds,
): string[] {
  const { sent, heard, lost, lostWhile, doubled, reordered, unanswered, refused } = messages;
  const places = Object.entries(PLACES).flatMap(([kind, place]) => {
    const count = lostWhile[kind as Loss];
    return count === 0 ? [] : [`${count} ${place}`];
  });
  return [
    ...(lost > maxLost ? [`${times(lost, 'message was', 'messages were')} lost: ${places.join(', ')}.`] : []),
    ...(scope === 'messages' && sent > 0 && heard === 0
      ? ['No client heard another one: does the deployment pass the event of --send on to the other clients?']
      : []),
    ...(doubled > 0 ? [`${times(doubled, 'message', 'messages')} arrived twice.`] : []),
    ...(reordered > 0 ? [`${times(reordered, 'message', 'messages')} arrived after a later one.`] : []),
    ...(refused > 0 ? [`${times(refused, 'message was', 'messages were')} refused.`] : []),
    ...(unanswered > 0
      ? [`${times(unanswered, 'message was', 'messages were')} not answered, although the connection held.`]
      : []),
    ...(notBack > 0 ? [`${times(notBack, 'client', 'clients')} did not come back.`] : []),
    ...restarts
      .filter(({ exitCode }) => exitCode !== 0)
      .map(({ command, exitCode }) =>
        exitCode === null ? `"${command}" did not finish.` : `"${command}" ended with exit code ${exitCode}.`,
      ),
    ...commands.slice(restarts.length).map((command) => `"${command}" did not run.`),
  ];
}

function times(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function sum<T>(list: readonly T[], value: (item: T) => number): number {
  return list.reduce((total, item) => total + value(item), 0);
}

function countBy<T>(list: readonly T[], key: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of list) counts[key(item)] = (counts[key(item)] ?? 0) + 1;
  return counts;
}
