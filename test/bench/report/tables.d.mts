export function table(rows: readonly (readonly (string | number)[])[]): string;
export function resultTables(results: unknown): string;
