// The markup that a message may have: code blocks between ``` fences, `code` in a line, and web addresses.
const MARKUP = new RegExp(
  [
    /\n?```(?:[\w+#.-]*\n)?(?<block>[^]+?)\n?```\n?/, // the word after the opening fence is a language
    /`(?<code>[^`\n]+)`/,
    /(?<link>\bhttps?:\/\/[^\s<>"`]+[^\s<>"'`.,:;!?)\]}])/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gu',
);

/** Yields the parts of a text as `{ kind: 'text' | 'block' | 'code' | 'link', text }`. Code has no markup inside. */
export function* parts(text) {
  let from = 0;
  for (const { 0: source, index, groups } of text.matchAll(MARKUP)) {
    if (index > from) yield { kind: 'text', text: text.slice(from, index) };
    const [kind, content] = Object.entries(groups).find(([, content]) => content !== undefined);
    yield { kind, text: content };
    from = index + source.length;
  }
  if (from < text.length) yield { kind: 'text', text: text.slice(from) };
}
