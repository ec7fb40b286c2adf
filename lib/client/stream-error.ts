/**
 * The error that a loop over a stream throws.
 * @publicApi
 */
export class StreamError extends Error {
  override readonly name = 'StreamError';

  /**
   * @param code for programs to compare: a code of the server, such as `forbidden`, `internal` or `stream_gone`, or one
   * of `stream_unanswered`, `stream_disconnected` and `stream_expected`
   * @param details anything else that the server has sent with the error, such as the issues of a validation pipe
   * @param options `cause` is the complete error that the server sent
   */
  constructor(
    readonly code: string,
    message: string,
    readonly details?: unknown,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}
