/** The equation of an `Einsum` with a letter for every axis. */
export interface Equation {
  readonly operands: readonly (readonly string[])[];
  readonly result: readonly string[];
}

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('');

/**
 * Reads the equation of an `Einsum` whose operands have these ranks: letters stand for the axes under an
 * ellipsis too, and an implicit result is spelled out. `null` where an ellipsis covers an unknown rank.
 */
export function equationOf(text: string, ranks: readonly (number | null)[]): Equation | null {
  const [left, right] = text.replaceAll(' ', '').split('->');
  const terms = left.split(',');
  const free = letters.filter((letter) => !text.includes(letter));
  const covered = terms.map((term, index) => {
    if (!term.includes('...')) return 0;
    const rank = ranks[index] ?? null;
    return rank === null ? null : rank - term.length + 3;
  });
  const counts = covered.filter((count) => count !== null);
  if (counts.length < covered.length) return null;
  const most = Math.max(0, ...counts);
  const batch = free.slice(0, most).join('');
  const operands = terms.map((term, index) =>
    term.replace('...', batch.slice(most - counts[index])).split(''),
  );
  if (right !== undefined) return { operands, result: right.replace('...', batch).split('') };
  const all = operands.flat();
  const once = [...new Set(all)]
    .filter((letter) => !batch.includes(letter) && all.indexOf(letter) === all.lastIndexOf(letter))
    .sort();
  return { operands, result: [...batch.split(''), ...once] };
}
