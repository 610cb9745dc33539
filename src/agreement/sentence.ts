import type { Comparison, LayerAgreement, Line } from './agreement.ts';

const NAMES: { readonly [L in Line]: string } = {
  q: 'second moment',
  c: 'correlation of two inputs',
  gradient: "gradient's second moment",
};

/** A number to three digits. */
export const short = (x: number): string => String(Number(x.toPrecision(3)));

const lines = (count: number, verb: readonly [one: string, many: string]): string =>
  count === 1 ? `1 line ${verb[0]}` : `${count} lines ${verb[1]}`;

/** How many lines agree, differ and are not predicted, and the first that differs. */
export function verdictSentence(
  layers: readonly LayerAgreement[],
  counts: { readonly [C in Comparison]: number },
  first: { readonly name: string; readonly line: Line } | null,
): string {
  const missing = counts['not predicted'];
  const rest = missing === 0 ? '' : `; ${missing === 1 ? '1 is' : `${missing} are`} not predicted`;
  const agreeing = lines(counts.agrees, ['agrees with the theory', 'agree with the theory']);
  if (counts.agrees + counts.differs === 0) return 'Nothing that was measured is predicted.';
  const layer = layers.find(({ name }) => name === first?.name);
  if (first === null || layer === undefined) {
    return `${counts.agrees === 1 ? 'The' : 'All'} ${agreeing}${rest}.`;
  }
  const { measured, predicted, errors } = layer[first.line];
  const head = `${agreeing} and ${lines(counts.differs, ['differs', 'differ'])}${rest}.`;
  const found = measured === null ? 'not finite' : short(measured);
  const by = errors === null ? '' : `, ${short(errors)} standard errors away`;
  return `${head} First \`${first.name}\`: its ${NAMES[first.line]} is ${found} where ${short(predicted ?? 0)} is predicted${by}.`;
}
