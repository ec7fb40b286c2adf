/**
 * Nest's kinds of enhancers.
 * @publicApi
 */
export type EnhancerKind = 'guards' | 'interceptors' | 'pipes' | 'filters';

/** In the order in which they act on a call. */
export const ENHANCER_KINDS: readonly EnhancerKind[] = ['guards', 'interceptors', 'pipes', 'filters'];
