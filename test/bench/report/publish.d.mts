export const DOCS: string;

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void;
export function filled(text: string, name: string, content: string): string;
export function fillDocument(folder: string, name: string, content: string): void;
