/** The arguments of an event, as they are typed: JSON values separated by commas. */

/** @throws Error with a sentence for the person who typed them */
export function readArguments(text: string): unknown[] {
  if (text.trim() === '') return [];
  try {
    return JSON.parse(`[${text}]`) as unknown[];
  } catch {
    throw new Error('The arguments must be JSON, separated by commas: "hello", {"id": 7}, true');
  }
}

/** Reads names, one a line. */
export function readNames(text: string): string[] {
  return [...new Set(text.split('\n').map((line) => line.trim()))].filter((name) => name !== '');
}
