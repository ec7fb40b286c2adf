/** The pages of the documentation, by their paths in `docs/`: those of the folder itself, and one for each symptom. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));

export const SYMPTOM_PAGES: readonly string[] = pagesIn('symptoms/');

export const PAGES: readonly string[] = [...pagesIn(''), ...SYMPTOM_PAGES];

function pagesIn(folder: string): string[] {
  return readdirSync(DOCS + folder)
    .filter((file) => file.endsWith('.md'))
    .map((file) => folder + file);
}
