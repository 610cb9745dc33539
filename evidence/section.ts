/** Where a section of the document begins and ends. */
const beginOf = (name: string): string => `<!-- ${name}: measured -->`;
const endOf = (name: string): string => `<!-- end of ${name} -->`;

/** The document with the text between the marks of a section replaced. `RangeError` where there are none. */
export function withSection(document: string, name: string, text: string): string {
  const [begin, end] = [beginOf(name), endOf(name)];
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) {
    throw new RangeError(`evidence: the document must have ${begin} before ${end}, got none`);
  }
  return `${document.slice(0, from + begin.length)}\n\n${text.trim()}\n\n${document.slice(to)}`;
}

/** A table in Markdown; the first column to the left, the others to the right. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, i) => (i === 0 ? '---' : '---:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/** An image of the document. */
export const image = (says: string, file: string): string => `![${says}](images/${file})`;
