/** Text in which `*` stands for any text, `?` for one character and `[…]` for one of a set, as fnmatch reads it. */
function literal(text: string): string {
  return text.replaceAll(/[*?[]/g, '[$&]');
}

/** The pieces of a name, runs of digits apart from the rest. */
function piecesOf(name: string): string[] {
  return name.match(/\d+|\D+/g) ?? [];
}

/** `*` for the pieces that may vary, as an expression over whole names. */
function expression(pieces: readonly string[], open: ReadonlySet<number>): RegExp {
  const source = pieces
    .map((piece, i) =>
      open.has(i) ? '.*' : piece.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`),
    )
    .join('');
  return new RegExp(`^${source}$`, 'su');
}

/**
 * Few patterns that match all of these names and none of the others: digits become `*` from the left as
 * long as no other name is caught.
 */
export function patternsFor(names: readonly string[], others: readonly string[]): string[] {
  const left = new Set(names);
  const patterns: string[] = [];
  for (const name of names) {
    if (!left.has(name)) continue;
    const pieces = piecesOf(name);
    const open = new Set<number>();
    let count = 1;
    for (const [i, piece] of pieces.entries()) {
      if (!/^\d/.test(piece)) continue;
      open.add(i);
      const caught = expression(pieces, open);
      const now = names.filter((other) => caught.test(other)).length;
      if (now > count && !others.some((other) => caught.test(other))) count = now;
      else open.delete(i);
    }
    const found = expression(pieces, open);
    for (const other of left) if (found.test(other)) left.delete(other);
    patterns.push(pieces.map((piece, i) => (open.has(i) ? '*' : literal(piece))).join(''));
  }
  return patterns;
}
