/**
 * Questions to the other servers of the cluster, through `serverSideEmit` in the namespace of the page. A server that
 * does not answer is named, and never makes a question fail.
 */
import { SocketIoError } from '../../errors.js';
import type { Namespace } from '../../server/internal.js';
import type { Answers } from './merged-answers.js';

/** The events between servers. */
const ASK = 'ask';
const UNFOLLOW = 'unfollow';

/** Whether an answer is as it should be: it comes from another process, perhaps of another version. */
type IsAnswer<T> = (answer: unknown) => answer is T;

/** Answers the questions of other servers. */
export interface Respondent {
  /** Returns nothing for an unknown subject. */
  answer(subject: string, argument: unknown): unknown;
  /** A visitor has stopped following. */
  unfollow(viewer: string): void;
}

export class OtherServers {
  readonly #namespace: Namespace;

  constructor(namespace: Namespace, respondent: Respondent) {
    this.#namespace = namespace;
    namespace.on(ASK, (subject: string, argument: unknown, answer: (content: unknown) => void) =>
      answer(respondent.answer(subject, argument)),
    );
    namespace.on(UNFOLLOW, (viewer: string) => respondent.unfollow(viewer));
  }

  async ask<T>(subject: string, argument: unknown, isAnswer: IsAnswer<T>): Promise<Answers<T>> {
    try {
      const answers = await this.#namespace.serverSideEmitWithAck(ASK, subject, argument);
      return { parts: (answers as unknown[]).filter(isAnswer), silent: [] };
    } catch (error) {
      if (!(error instanceof SocketIoError) || error.code !== 'ACK_INCOMPLETE') throw error;
      const { responses, cause } = error as Incomplete;
      return { parts: responses.filter(isAnswer), silent: cause?.nodes ?? ['another server'] };
    }
  }

  unfollow(viewer: string): void {
    this.#namespace.serverSideEmit(UNFOLLOW, viewer);
  }
}

/** The error of `serverSideEmitWithAck`. Only our own brokers know the names of the servers. */
interface Incomplete extends SocketIoError {
  readonly responses: readonly unknown[];
  readonly cause?: { readonly nodes?: readonly string[] };
}
