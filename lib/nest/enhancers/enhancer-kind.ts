/** The kinds of enhancers that Nest has. */
export type EnhancerKind = 'guards' | 'interceptors' | 'pipes' | 'filters';

/** In the order in which a call meets them. */
export const ENHANCER_KINDS: readonly EnhancerKind[] = ['guards', 'interceptors', 'pipes', 'filters'];
