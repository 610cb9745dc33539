import type { Agreement } from '../agreement/index.ts';
import type { ReportedLayer } from './measurement-report.ts';
import { formatNumber, formatShare } from './number.ts';
import type { Style } from './paint.ts';

/** A column of a table by layer. */
export interface Quantity {
  readonly title: string;
  readonly text: (layer: ReportedLayer) => string;
  /** Colour of a cell. */
  readonly style?: (layer: ReportedLayer) => Style | null;
  readonly align?: 'left' | 'right';
}

/** The title of the column of verdicts. */
export const VERDICT = 'verdict';

const mark = (agreement: Agreement | undefined): Style | null =>
  agreement?.verdict === 'differs' ? 'yellow' : null;

/** A measured number, in words where it is not finite. */
export function momentText({ secondMoment, notFinite }: ReportedLayer): string {
  if (secondMoment !== null) return formatNumber(secondMoment);
  const word = notFinite?.secondMoment;
  return word === undefined ? '–' : word === 'Infinity' ? 'inf' : word;
}

/** The verdict on a line: `agrees`, what differs by how many standard errors, or that nothing is predicted. */
export function verdictText(
  parts: readonly (readonly [symbol: string, agreement: Agreement | undefined])[],
): { readonly text: string; readonly verdict: Agreement['verdict'] } {
  const differing = parts.filter(([, agreement]) => agreement?.verdict === 'differs');
  if (differing.length > 0) {
    const list = differing.map(([symbol, agreement]) => {
      const errors = agreement?.errors ?? null;
      return `${symbol} ${errors === null ? '' : errorsText(errors)}`.trim();
    });
    const text = list.join(', ');
    return { text: text === '' ? 'differs' : `differs: ${text}`, verdict: 'differs' };
  }
  return parts.some(([, agreement]) => agreement?.verdict === 'agrees')
    ? { text: 'agrees', verdict: 'agrees' }
    : { text: 'not predicted', verdict: 'not predicted' };
}

/** How many standard errors, `5.2σ`. */
function errorsText(errors: number): string {
  const size = Math.abs(errors);
  return `${size < 9.95 ? size.toFixed(1) : formatNumber(Number(size.toPrecision(2)))}σ`;
}

const styles: Readonly<Record<Agreement['verdict'], Style>> = {
  agrees: 'green',
  differs: 'yellow',
  'not predicted': 'dim',
};

/** The verdict on the signal of a layer. */
export const signalVerdict = ({
  agreement,
}: ReportedLayer): { readonly text: string; readonly verdict: Agreement['verdict'] } =>
  verdictText([
    ['E[x²]', agreement?.q],
    ['c', agreement?.c],
  ]);

/** The verdict on the gradient of a layer. */
export const gradientVerdict = ({
  agreement,
}: ReportedLayer): { readonly text: string; readonly verdict: Agreement['verdict'] } =>
  verdictText([['', agreement?.gradient]]);

/**
 * The signal of a layer: second moment and correlation of two examples beside the theory, share of dead and of
 * saturated units, and the verdict. What was not measured anywhere has no column; the mean has one where there is room.
 */
export function signalQuantities(
  layers: readonly ReportedLayer[],
  roomy: boolean,
): readonly Quantity[] {
  const has = (test: (layer: ReportedLayer) => unknown): boolean =>
    layers.some((layer) => (test(layer) ?? null) !== null);
  const isPredicted = has(({ predicted }) => predicted);
  const hasC = has(({ c }) => c);
  const quantities: readonly (Quantity | null)[] = [
    {
      title: 'E[x²]',
      text: momentText,
      style: (layer) => (layer.notFinite === undefined ? mark(layer.agreement?.q) : 'red'),
    },
    isPredicted
      ? { title: 'E[x²]\ntheory', text: ({ predicted }) => formatNumber(predicted?.q ?? null) }
      : null,
    hasC
      ? {
          title: 'c',
          text: ({ c }) => formatNumber(c),
          style: ({ agreement }) => mark(agreement?.c),
        }
      : null,
    hasC && isPredicted
      ? { title: 'c\ntheory', text: ({ predicted }) => formatNumber(predicted?.c ?? null) }
      : null,
    roomy ? { title: 'mean', text: ({ mean }) => formatNumber(mean) } : null,
    has(({ dead }) => dead) ? { title: 'dead', text: ({ dead }) => formatShare(dead) } : null,
    has(({ saturated }) => saturated)
      ? { title: 'satur.', text: ({ saturated }) => formatShare(saturated) }
      : null,
    has(({ effectiveRank }) => effectiveRank)
      ? { title: 'rank', text: ({ effectiveRank }) => formatNumber(effectiveRank) }
      : null,
    isPredicted
      ? {
          title: VERDICT,
          align: 'left',
          text: (layer) => signalVerdict(layer).text,
          style: (layer) => styles[signalVerdict(layer).verdict],
        }
      : null,
  ];
  return quantities.flatMap((quantity) => quantity ?? []);
}

/** The gradient of a layer beside the theory. */
export function gradientQuantities(layers: readonly ReportedLayer[]): readonly Quantity[] {
  const isPredicted = layers.some(({ predicted }) => predicted !== null);
  const quantities: readonly (Quantity | null)[] = [
    {
      title: 'E[g²]',
      text: ({ gradientSecondMoment }) => formatNumber(gradientSecondMoment),
      style: ({ agreement }) => mark(agreement?.gradient),
    },
    isPredicted
      ? {
          title: 'E[g²]\ntheory',
          text: ({ predicted }) => formatNumber(predicted?.gradient ?? null),
        }
      : null,
    isPredicted
      ? {
          title: VERDICT,
          align: 'left',
          text: (layer) => gradientVerdict(layer).text,
          style: (layer) => styles[gradientVerdict(layer).verdict],
        }
      : null,
  ];
  return quantities.flatMap((quantity) => quantity ?? []);
}
