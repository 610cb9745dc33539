import type { JacobianMeasurement } from '../measure/index.ts';
import { again, details, page, section, sentences } from './html-page.ts';
import { code, markup, prose } from './markup.ts';
import type { Markup } from './markup.ts';
import { courseChart, type Course, type CourseTitle } from './course-chart.ts';
import { shatteringChart } from './shattering-chart.ts';
import { spectraChart } from './spectra-chart.ts';
import {
  gradientQuantities,
  gradientVerdict,
  signalQuantities,
  signalVerdict,
  VERDICT,
  type Quantity,
} from './measurement-quantities.ts';
import {
  GRADIENT_SYMBOL,
  kernelSentence,
  measuredOn,
  shatteringIntroduction,
  shatteringSentence,
} from './measurement.ts';
import type { MeasurementReport, ReportedJacobian, ReportedLayer } from './measurement-report.ts';
import { placesOf, symbols } from './measurement-tables.ts';
import { formatNumber, formatShape } from './number.ts';
import type { Style } from './paint.ts';
import { shownRows } from './shortened.ts';
import { gapText } from './signal.ts';
import type { FigureOptions } from './theory/figure.ts';

/** Charts stand two in a row, and one below the other on a phone. */
export const CHART: FigureOptions = { width: 440, height: 330, theme: 'page' };

/** Charts with a sentence below them. */
export function charts(drawings: readonly string[], caption: string): Markup | null {
  return drawings.length === 0
    ? null
    : markup`<figure><div class="charts">${drawings.map((html) => ({ html: `<div>${html}</div>` }))}</div>
<figcaption>${prose(caption)}</figcaption></figure>
`;
}

const classes: Partial<Record<Style, string>> = { red: 'bad', yellow: 'warn', dim: 'soft' };

const tableCell = (text: string, style: Style | null = null): Markup => {
  const name = style === null ? undefined : classes[style];
  return name === undefined ? markup`<td>${text}</td>` : markup`<td class="${name}">${text}</td>`;
};

/** A table that scrolls where it is too wide; `rows` with a `null` between them have a gap there. */
export function dataTable(
  label: string,
  kind: string,
  titles: readonly string[],
  rows: readonly Markup[],
): Markup {
  const heads = titles.map((title) => {
    const [first, second] = title.split('\n');
    return second === undefined
      ? markup`<th scope="col">${first}</th>`
      : markup`<th scope="col">${first}<br>${second}</th>`;
  });
  return markup`<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table class="${kind}">
<thead><tr>${heads}</tr></thead>
<tbody>
${rows}</tbody></table></div>
`;
}

/** The rows at the indices `shown`, with a note where some are left out. */
export function gapped(
  shown: readonly number[],
  columns: number,
  draw: (index: number) => Markup,
): readonly Markup[] {
  return shown.map((index, position) => {
    const skipped = position === 0 ? 0 : index - shown[position - 1] - 1;
    const gap = markup`<tr class="gap"><td colspan="${columns}">${gapText(skipped)}</td></tr>
`;
    return markup`${skipped === 0 ? null : gap}${draw(index)}`;
  });
}

interface Row {
  readonly index: number;
  readonly layer: ReportedLayer;
}

function layerTable(
  label: string,
  rows: readonly Row[],
  quantities: readonly Quantity[],
  shown: readonly number[],
): Markup {
  // The verdict is text and stands before the numbers, which stand to the right.
  const ordered = quantities.toSorted(
    (a, b) => Number(b.title === VERDICT) - Number(a.title === VERDICT),
  );
  const kind = ordered[0]?.title === VERDICT ? 'signal judged' : 'signal';
  return dataTable(
    label,
    kind,
    ['#', 'layer', 'op', ...ordered.map(({ title }) => title)],
    gapped(shown, ordered.length + 3, (at) => {
      const { index, layer } = rows[at];
      const cells = ordered.map(({ text, style }) => tableCell(text(layer), style?.(layer)));
      return markup`<tr><td>${index}</td><th scope="row">${code(layer.name)}</th><td>${layer.op}</td>${cells}</tr>
`;
    }),
  );
}

/** A table of the layers that matter, and folded away one of all. */
function layerTables(
  label: string,
  rows: readonly Row[],
  quantities: readonly Quantity[],
  places: readonly number[],
): Markup {
  const shown = shownRows(rows.length, places);
  const all = [...rows.keys()];
  const complete = shown.length === rows.length;
  return markup`${details(
    true,
    complete ? `All ${rows.length} layers` : `${shown.length} of ${rows.length} layers`,
    layerTable(label, rows, quantities, shown),
  )}${complete ? null : details(false, `All ${rows.length} layers`, layerTable(label, rows, quantities, all))}`;
}

/** A quantity that has a chart by layer. */
export type Charted = 'q' | 'c' | 'gradient';

const courseTitles: Readonly<Record<Charted, CourseTitle>> = {
  q: { title: 'Second moment by layer', quantity: 'E[x²]', log: true },
  c: { title: 'Correlation of two examples by layer', quantity: 'c', log: false },
  gradient: { title: 'Second moment of the gradient by layer', quantity: 'E[g²]', log: true },
};

const measuredValue: Readonly<Record<Charted, (layer: ReportedLayer) => number | null>> = {
  q: ({ secondMoment }) => secondMoment,
  c: ({ c }) => c,
  gradient: ({ gradientSecondMoment }) => gradientSecondMoment,
};

/** A quantity by layer, measured and predicted. */
export function courseOf(
  layers: readonly ReportedLayer[],
  which: Charted,
  look: Pick<Course, 'tone' | 'name'>,
): Course {
  return {
    ...look,
    measured: layers.map(measuredValue[which]),
    theory: layers.map(({ predicted }) => predicted?.[which] ?? null),
  };
}

/** The charts by layer of what was measured. */
export async function courseCharts(
  courses: (which: Charted) => readonly Course[],
): Promise<readonly string[]> {
  const drawings: string[] = [];
  for (const which of ['q', 'c', 'gradient'] as const) {
    const drawn = courses(which);
    const isMeasured = drawn.some(({ measured }) => measured.some((value) => value !== null));
    if (isMeasured) drawings.push(await courseChart(drawn, courseTitles[which], CHART));
  }
  return drawings;
}

const spectrumRows = ['s_max', 's_min', 'mean of s²', 'variance of s²'] as const;

function jacobianTable(jacobian: ReportedJacobian): Markup {
  const { predicted } = jacobian;
  const numbers = ({
    sMax,
    sMin,
    mean,
    variance,
  }: Pick<JacobianMeasurement, 'sMax' | 'sMin' | 'mean' | 'variance'>): readonly number[] => [
    sMax,
    sMin,
    mean,
    variance,
  ];
  const rows = [
    ...spectrumRows.map(
      (name, i) =>
        [name, numbers(jacobian)[i], predicted === null ? null : numbers(predicted)[i]] as const,
    ),
    ...jacobian.deciles
      .slice(1, -1)
      .map(
        (s, i) => [`${10 * (i + 1)}% are smaller than`, s, predicted?.deciles[i] ?? null] as const,
      ),
  ];
  return dataTable(
    'Singular values',
    'numbers',
    ['', 'measured', ...(predicted === null ? [] : ['theory'])],
    rows.map(([name, measured, theory]) => {
      const foreseen = predicted === null ? null : tableCell(formatNumber(theory));
      return markup`<tr><th scope="row">${name}</th>${tableCell(formatNumber(measured))}${foreseen}</tr>
`;
    }),
  );
}

async function jacobianSection(jacobian: ReportedJacobian): Promise<Markup> {
  const { from, to, rows, cols, method, predicted, reason } = jacobian;
  const chart = await spectraChart([{ tone: 'blue', jacobian, predicted }], CHART);
  const theory =
    predicted === null ? ` ${reason ?? ''}`.trimEnd() : ' The line is their law in the wide limit.';
  const how = method === 'exact' ? 'All singular values' : 'Singular values by Lanczos, estimated,';
  return section(
    'The Jacobian',
    charts([chart], `${how} of ∂\`${to}\`/∂\`${from}\`, ${rows} × ${cols}.${theory}`),
    details(true, 'In numbers', jacobianTable(jacobian)),
  );
}

function parameterRows({ parameters, learningRate }: MeasurementReport): Markup {
  const hasGradients = parameters.some(({ gradientNorm }) => gradientNorm !== null);
  const titles = [
    'parameter',
    'shape',
    '‖W‖',
    ...(hasGradients ? ['‖∂L/∂W‖'] : []),
    ...(learningRate === null ? [] : ['η‖∂L/∂W‖/‖W‖']),
  ];
  return dataTable(
    'Parameters',
    'numbers',
    titles,
    parameters.map(({ name, shape, weightNorm, gradientNorm, updateRatio }) => {
      const cells = [
        formatShape(shape),
        formatNumber(weightNorm),
        ...(hasGradients ? [formatNumber(gradientNorm)] : []),
        ...(learningRate === null ? [] : [formatNumber(updateRatio)]),
      ];
      return markup`<tr><th scope="row">${code(name)}</th>${cells.map((text) => tableCell(text))}</tr>
`;
    }),
  );
}

/** Most parameters of a table that stands open. */
const openRows = 40;

/**
 * A measurement as one HTML file that refers to nothing outside and runs nothing; theory as lines, measurement
 * as dots and bars. The same report gives the same bytes. Every name in it is escaped.
 */
export async function measurementHtml(report: MeasurementReport): Promise<string> {
  const { model, layers, parameters, jacobian, shattering, ntk } = report;
  const rows = layers.map((layer, i): Row => ({ index: i + 1, layer }));
  const reached = rows.filter(({ layer }) => layer.gradientSecondMoment !== null);
  const drawings = await courseCharts((which) => [
    courseOf(layers, which, { name: 'measured', tone: 'blue' }),
  ]);
  return page({
    title: `What the weights of ${model} do`,
    kicker: 'what the weights do',
    heading: model,
    below: measuredOn(report),
    verdict: report.verdict,
    body: [
      layers.length === 0
        ? null
        : section(
            'Layer by layer',
            charts(
              drawings,
              'Dots are measured, lines are the theory of wide networks for the same inputs. Layers are numbered as in the table.',
            ),
            layerTables(
              'Signal by layer',
              rows,
              signalQuantities(layers, true),
              placesOf(layers, (layer) => signalVerdict(layer).verdict),
            ),
            markup`<p class="soft">${prose(symbols(layers))}</p>
`,
          ),
      reached.length === 0
        ? null
        : section(
            'Gradients',
            layerTables(
              'Gradients by layer',
              reached,
              gradientQuantities(reached.map(({ layer }) => layer)),
              placesOf(
                reached.map(({ layer }) => layer),
                (layer) => gradientVerdict(layer).verdict,
              ),
            ),
            markup`<p class="soft">${prose(GRADIENT_SYMBOL)}</p>
`,
          ),
      jacobian === null ? null : await jacobianSection(jacobian),
      shattering === null
        ? null
        : section(
            'Shattering',
            charts(
              [await shatteringChart([{ tone: 'blue', shattering }], CHART)],
              `${shatteringIntroduction(shattering).replace('as below', 'as above')} ${shatteringSentence(shattering)}`,
            ),
          ),
      ntk === null ? null : section('Tangent kernel', markup`<p>${prose(kernelSentence(ntk))}</p>`),
      parameters.length === 0
        ? null
        : section(
            'Parameters',
            details(
              parameters.length <= openRows,
              parameters.length === 1 ? 'The parameter' : `All ${parameters.length} parameters`,
              parameterRows(report),
            ),
          ),
      sentences('Notes', report.notes),
      sentences('What more there is', report.more),
      again('numbers', report.command),
    ],
  });
}
