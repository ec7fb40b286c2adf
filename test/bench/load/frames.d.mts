export function maskedFrame(text: string): Buffer;
export function eachFrame(
  chunk: Buffer,
  at: number,
  visit: (first: number, start: number, end: number) => void,
): number;
