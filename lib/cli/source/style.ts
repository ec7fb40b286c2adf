/** The habits of a file: line ends, quotes, semicolons and indentation. Added code follows them. */

export interface Style {
  readonly newline: string;
  readonly quote: string;
  /** `;` or nothing. */
  readonly semicolon: string;
  /** One level. */
  readonly indent: string;
}

export function styleOf(text: string): Style {
  const imports = [...text.matchAll(/^(?:import|export|const)\b.*?['"]\)?;?[ \t]*\r?$/gm)].map(([line]) => line.trim());
  const lines = imports.length > 0 ? imports : text.split('\n').filter((line) => /['"]/.test(line));
  const count = (pattern: RegExp): number => lines.filter((line) => pattern.test(line)).length;
  const indent = /^(\t+| {2,8})(?![\s*])/m.exec(text)?.[1] ?? '  ';
  return {
    newline: text.includes('\r\n') ? '\r\n' : '\n',
    quote: count(/"/) > count(/'/) ? '"' : "'",
    semicolon: imports.length > 0 && count(/;\s*$/) === 0 ? '' : ';',
    indent: indent.startsWith('\t') ? '\t' : indent,
  };
}

/** Changes the indentation of all lines but the first from the levels of one style to those of another. */
export function convertIndent(text: string, from: Style, to: Style): string {
  if (from.indent === to.indent) return text;
  return text.replaceAll(/\n([ \t]+)/g, (_, space: string) => {
    const depth = Math.floor(space.length / from.indent.length);
    return `\n${to.indent.repeat(depth)}${space.slice(depth * from.indent.length)}`;
  });
}

/** Indents all lines of a text but the first, and takes the indentation away that they had in common. */
export function reindent(text: string, indent: string, newline: string): string {
  const [first = '', ...rest] = text.split(/\r?\n/);
  const widths = rest.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length);
  const common = widths.length === 0 ? 0 : Math.min(...widths);
  return [first, ...rest.map((line) => (line.trim() === '' ? '' : indent + line.slice(common)))].join(newline);
}
