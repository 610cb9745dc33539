import type { ComparedScheme } from './comparison-report.ts';
import { formatNumber, formatShare } from './number.ts';

/** A line of the table that has a column for each scheme. */
export interface ComparedRow {
  readonly name: string;
  readonly text: (scheme: ComparedScheme) => string;
}

const states: Readonly<Record<ComparedScheme['state'], string>> = {
  healthy: 'lives',
  vanishes: 'vanishes',
  explodes: 'explodes',
  not_finite: 'not finite',
  dead: 'dies',
};

const number = (value: number | null | undefined): string =>
  formatNumber(value === null || value === undefined ? null : Number(value.toPrecision(4)));

/** What schemes are compared by; what was measured of none of them has no line. */
export function comparedRows(schemes: readonly ComparedScheme[]): readonly ComparedRow[] {
  const has = (test: (scheme: ComparedScheme) => unknown): boolean =>
    schemes.some((scheme) => (test(scheme) ?? null) !== null);
  const rows: readonly (readonly [
    of: (scheme: ComparedScheme) => unknown,
    name: string,
    text: (scheme: ComparedScheme) => string,
  ])[] = [
    [({ state }) => state, 'signal', ({ state }) => states[state]],
    [({ signal }) => signal, 'E[x²], last / first', ({ signal }) => number(signal?.value)],
    [({ c }) => c, 'c at the last', ({ c }) => number(c)],
    [({ dead }) => dead, 'dead, worst layer', ({ dead }) => formatShare(dead)],
    [({ gradients }) => gradients, 'gradients', ({ gradients }) => gradients ?? '–'],
    [({ gradient }) => gradient, '‖g‖², first / last', ({ gradient }) => number(gradient?.value)],
    [
      ({ agreeing }) => agreeing,
      'agree with theory',
      ({ agreeing }) => (agreeing === null ? '–' : `${agreeing.lines} of ${agreeing.of}`),
    ],
    [({ jacobian }) => jacobian, 's_max', ({ jacobian }) => number(jacobian?.sMax)],
    [({ jacobian }) => jacobian, 's_min', ({ jacobian }) => number(jacobian?.sMin)],
    [({ jacobian }) => jacobian, 'mean of s²', ({ jacobian }) => number(jacobian?.mean)],
    [
      ({ shattering }) => shattering,
      'gradients at lag 1',
      ({ shattering }) => number(shattering?.autocorrelation[1]),
    ],
    [
      ({ shattering }) => shattering,
      'gradients, independent',
      ({ shattering }) => number(shattering?.correlation),
    ],
    [({ ntk }) => ntk, 'condition of the NTK', ({ ntk }) => number(ntk?.conditionNumber)],
  ];
  return rows.filter(([of]) => has(of)).map(([, name, text]) => ({ name, text }));
}
