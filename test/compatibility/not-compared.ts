/** The rows of `docs/compatibility.md` that say "same" and that no scenario compares, with the reason. */
export const NOT_COMPARED: Readonly<Record<string, string>> = {};
