import type { PlanCertificate } from '../advise/index.ts';
import { groupBy, groupName } from './groups.ts';
import { code, markup } from './markup.ts';
import type { Markup } from './markup.ts';
import { formatNumber, formatScheme, formatShape } from './number.ts';
import { table } from './table.ts';
import { indent, printable } from './text.ts';
import type { TextOptions } from './types.ts';

/** Most rows before certificates of one kind are put together. */
const mostRows = 32;

interface CertificateRow {
  readonly name: string;
  readonly scheme: string;
  /** `matrix`, or `symbol at 5×5` frequencies. */
  readonly of: string;
  readonly sMin: number;
  readonly sMax: number;
  /** `9 of 9`, `–` for a dense weight. */
  readonly taps: string;
}

const nameOf = ({ name, block }: PlanCertificate): string =>
  block === null ? name : `${name}: ${block}`;

const kindOf = ({ scheme, options, of, frequencies, taps }: PlanCertificate): string =>
  JSON.stringify([scheme, options, of, frequencies, taps]);

const rowOf = (group: readonly PlanCertificate[]): CertificateRow => {
  const [{ scheme, options, of, frequencies, taps }] = group;
  return {
    name: groupName(group.map(nameOf)),
    scheme: formatScheme(scheme, options),
    of: of === 'matrix' ? 'matrix' : `symbol at ${formatShape(frequencies ?? [])}`,
    sMin: Math.min(...group.map(({ sMin }) => sMin)),
    sMax: Math.max(...group.map(({ sMax }) => sMax)),
    taps: taps === null ? '–' : `${taps.nonZero} of ${taps.all}`,
  };
};

const rowsOf = (certificates: readonly PlanCertificate[]): readonly CertificateRow[] =>
  (certificates.length <= mostRows
    ? certificates.map((certificate) => [certificate])
    : groupBy(certificates, kindOf)
  ).map(rowOf);

/** A singular value with so many digits that what rounding to float32 does can be seen. */
export const formatSingular = (value: number): string => String(Number(value.toPrecision(9)));

const methods = (certificates: readonly PlanCertificate[]): string => {
  const estimated = certificates.filter(({ method }) => method === 'lanczos').length;
  if (estimated === 0 && certificates.every(({ of }) => of === 'matrix')) {
    return 'Exact to rounding, from all singular values.';
  }
  const beyond = certificates.reduce(
    (most, { sMin, sMax, interval }) => Math.max(most, sMin - interval[0], interval[1] - sMax),
    0,
  );
  const share = estimated === certificates.length ? 'all' : `${estimated} of`;
  const method =
    estimated === 0
      ? ''
      : `; ${share} ${certificates.length} were estimated by Lanczos from a random start`;
  const frequency = certificates.some(({ of }) => of === 'convolution')
    ? ', at whatever frequency,'
    : '';
  return `No singular value${frequency} lies more than ${formatNumber(beyond)} beyond these${method}.`;
};

/** The singular values of every certified parameter as lines of text; equal kinds share a row where there are many. */
export function certificateTable(
  certificates: readonly PlanCertificate[],
  options: TextOptions,
): readonly string[] {
  const rows = rowsOf(certificates);
  const hasTaps = rows.some(({ taps }) => taps !== '–');
  const columns = [
    { title: 'parameter', min: 20 },
    { title: 'scheme', min: 12 },
    { title: 'singular values of', min: 6 },
    { title: 'smallest', align: 'right' },
    { title: 'largest', align: 'right' },
    ...(hasTaps ? [{ title: 'taps', align: 'right' } as const] : []),
  ] as const;
  const cells = rows.map(({ name, scheme, of, sMin, sMax, taps }) =>
    [printable(name), scheme, of, formatSingular(sMin), formatSingular(sMax), taps].slice(
      0,
      columns.length,
    ),
  );
  return [
    ...table(columns, cells, options),
    '',
    ...indent(methods(certificates), options.width, 0),
  ];
}

type Spectrum = Pick<PlanCertificate, 'sMin' | 'sMax' | 'interval' | 'method' | 'orthogonality'>;

const spectrumText = ({ sMin, sMax, interval, method, orthogonality }: Spectrum): string => {
  const low = formatSingular(Math.min(interval[0], sMin));
  const high = formatSingular(Math.max(interval[1], sMax));
  const error =
    orthogonality === null || orthogonality > 0.1
      ? ''
      : `, |WᵀW/σ² - I| ≤ ${formatNumber(orthogonality)}`;
  return `${formatSingular(sMin)} to ${formatSingular(sMax)} (${method === 'exact' ? 'exact' : 'estimated by Lanczos'}; all within ${low} to ${high})${error}`;
};

/** One certificate in sentences, a line for each thing that the singular values are of. */
export function certificateLines(
  certificate: Omit<PlanCertificate, 'name' | 'block' | 'scheme' | 'options'>,
): readonly string[] {
  const { of, frequencies, taps, matrix } = certificate;
  const lines =
    of === 'matrix'
      ? [`Singular values of the matrix: ${spectrumText(certificate)}`]
      : [
          `Singular values of the Fourier symbol at ${formatShape(frequencies ?? [])} frequencies (circular padding, stride 1): ${spectrumText(certificate)}`,
        ];
  if (matrix !== null) {
    lines.push(`Singular values of the matrix [out, in · kernel]: ${spectrumText(matrix)}`);
  }
  if (taps !== null) lines.push(`Taps that are not zero: ${taps.nonZero} of ${taps.all}`);
  return lines;
}

/** The same as a table of the HTML report. */
export function certificateMarkup(certificates: readonly PlanCertificate[]): Markup {
  const titles = ['parameter', 'scheme', 'singular values of', 'smallest', 'largest', 'taps'].map(
    (title) => markup`<th scope="col">${title}</th>`,
  );
  const rows = rowsOf(certificates).map(({ name, scheme, of, sMin, sMax, taps }) => {
    const cells = [scheme, of, formatSingular(sMin), formatSingular(sMax), taps].map(
      (text) => markup`<td>${text}</td>`,
    );
    return markup`<tr><th scope="row">${code(name)}</th>${cells}</tr>
`;
  });
  return markup`<div class="scroll" role="region" aria-label="Certificates" tabindex="0"><table class="certificates">
<thead><tr>${titles}</tr></thead>
<tbody>
${rows}</tbody></table></div>
<p class="soft">${methods(certificates)}</p>
`;
}
