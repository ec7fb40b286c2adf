/** The events of a rehearsal; `result.ts` judges them. */
import type { Participant } from './participant.js';
import type { Outcome } from './shell.js';

/**
 * The parts that can be checked:
 *
 * - `messages`: each message must reach the other clients of the room
 * - `answers`: each message must be answered. The deployment does not pass messages on
 * - `connections`: the deployment answers nothing
 */
export type Scope = 'messages' | 'answers' | 'connections';

export interface Restart extends Outcome {
  readonly command: string;
  /** ms */
  readonly from: number;
  /** ms */
  readonly to: number;
}

/** Everything that happened, on the clock of the rehearsal. */
export interface Recording {
  readonly scope: Scope;
  readonly namespace: string;
  readonly participants: readonly Participant[];
  /** When all clients were in their rooms. ms */
  readonly from: number;
  /** ms */
  readonly to: number;
  readonly restarts: readonly Restart[];
  /** Errors by their reason, with their number. */
  readonly problems: ReadonlyMap<string, number>;
  /** The longest time by which this process was late itself. ms */
  readonly ownDelay: number;
  readonly wasInterrupted: boolean;
}
