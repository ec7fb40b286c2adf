/** ms for each decision of the application: all middlewares, `cors.origin` with `allowRequest`, and `generateId`. */
export const ANSWER_TIMEOUT = 10_000;
