/**
 * The result of an event handler that failed and has answered its client. A handler returns it instead of throwing, so
 * that metrics and traces know of the failure; nothing else is done with it.
 */
export class HandlerFailure {
  /**
   * @param isRefusal whether the client got a coded refusal, such as a validation error: no fault of the server. Other
   *   failures were answered with `internal` and logged
   */
  constructor(
    readonly error: unknown,
    readonly isRefusal: boolean,
  ) {}
}

/** The result of an event handler: nothing, or a failure that it has answered. */
export type HandlerOutcome = HandlerFailure | void;
