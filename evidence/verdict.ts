import { formatNumber } from '../src/report/index.ts';

/** A measured number beside what theory says of it. */
export interface Line {
  readonly name: string;
  readonly theory: number;
  readonly measured: number;
  /** How many standard errors apart, with sign; `null` where they are not known. */
  readonly errors: number | null;
}

/** From here on a number differs: by chance alone one in 370. */
const DIFFERS = 3;

/** Whether a line agrees; `null` where nothing is said. */
export const agrees = ({ errors }: Line): boolean | null =>
  errors === null ? null : Math.abs(errors) <= DIFFERS;

/** `+0.7`, or `**+3.4**` where it differs. */
export function errorsText({ errors }: Line): string {
  if (errors === null) return '–';
  const text = `${errors < 0 ? '−' : '+'}${Math.abs(errors).toFixed(1)}`;
  return Math.abs(errors) > DIFFERS ? `**${text}**` : text;
}

/** A number for a table, three digits. */
export const shown = (value: number): string =>
  formatNumber(Number(value.toPrecision(3))).replaceAll('-', '−');

/** How many lines agree, and which do not. */
export function verdictOf(lines: readonly (Line & { readonly where: string })[]): string {
  const judged = lines.filter((line) => line.errors !== null);
  const apart = judged.filter((line) => agrees(line) === false);
  const rms = Math.sqrt(
    judged.reduce((sum, { errors }) => sum + (errors ?? 0) ** 2, 0) / judged.length,
  );
  const counted = `${judged.length - apart.length} of ${judged.length} numbers agree within 3 standard errors; the root mean square is ${rms.toFixed(2)} of them.`;
  if (apart.length === 0) return `**Verdict:** ${counted}`;
  const worst = [...apart].sort((a, b) => Math.abs(b.errors ?? 0) - Math.abs(a.errors ?? 0));
  const named = worst
    .slice(0, 4)
    .map(({ where, name, errors }) => `${where}, ${name} (by ${Math.abs(errors ?? 0).toFixed(1)})`);
  const more = apart.length > named.length ? `, and ${apart.length - named.length} more` : '';
  return `**Verdict:** ${counted} Differs: ${named.join('; ')}${more}.`;
}
