export type Kind =
  | { readonly number: number }
  | { readonly names: readonly string[] }
  | { readonly path: string }
  | { readonly flag: false };

export function readOptions(
  args: readonly string[],
  kinds: Readonly<Record<string, Kind>>,
): Record<string, number | boolean | string | string[] | null>;
