export type Profile = readonly { readonly functionName: string; readonly url: string; readonly self: number }[];

export function byLayer(profile: Profile): Map<string, number>;
export function longest(profile: Profile, layer: string, count?: number): string[];
