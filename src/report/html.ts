import { certificateMarkup } from './certificates.ts';
import { signalChart } from './chart.ts';
import { parameterTable, reasonCard, signalTable } from './html-parts.ts';
import { groupByReason } from './groups.ts';
import { again, details, page, section, sentences } from './html-page.ts';
import { markup, prose } from './markup.ts';
import type { Markup } from './markup.ts';
import { formatNumber, formatShare } from './number.ts';
import { defaultRows, keyPoints, pairSignals } from './signal.ts';
import type { Run, SignalPoint } from './signal.ts';
import { sizeOf } from './terminal.ts';
import type { InitReport } from './types.ts';

/** Most parameters of a table that stands open. */
const openRows = 40;

/** First and last known value of one run, `1.02 → 0.98`. */
const course = (points: readonly SignalPoint[], run: Run): string | null => {
  const values = points
    .map((point) => point[run]?.secondMoment ?? null)
    .filter((value) => value !== null);
  if (values.length === 0) return null;
  return `${formatNumber(values[0])} → ${formatNumber(values[values.length - 1])}`;
};

/** The largest share of dead units in one layer. */
const mostDead = (points: readonly SignalPoint[], run: Run): number | null =>
  points.reduce((most: number | null, point) => {
    const dead = point[run]?.dead ?? null;
    return dead === null || Number.isNaN(dead) ? most : Math.max(most ?? 0, dead);
  }, null);

const facts = (points: readonly SignalPoint[]): Markup => {
  const dead = (['before', 'after'] as const).map((run) => mostDead(points, run));
  const rows = [
    ['Second moment before, first → last layer', course(points, 'before')],
    ['Second moment after, first → last layer', course(points, 'after')],
    [
      'Dead units in the worst layer, before → after',
      dead.every((share) => share === null) ? null : dead.map(formatShare).join(' → '),
    ],
  ] as const;
  return markup`<dl class="facts">${rows.map(([name, value]) =>
    value === null ? null : markup`<div><dt>${name}</dt><dd>${prose(value)}</dd></div>`,
  )}</dl>`;
};

const signalSection = async (
  report: InitReport,
  points: readonly SignalPoint[],
): Promise<Markup | null> => {
  if (report.signal === null || points.length === 0) return null;
  const { before, after } = report.signal;
  const draw = async (width: number, height: number): Promise<Markup> => ({
    html: await signalChart(before, after, {
      width,
      height,
      theme: 'page',
      predicted: report.prediction?.layers ?? [],
    }),
  });
  const [wide, narrow] = [await draw(880, 430), await draw(358, 400)];
  const shown = keyPoints(points, defaultRows(points.length));
  const foreseen = points.some(({ predicted }) => predicted !== null)
    ? '; the dotted line is what the theory of wide networks gives for the new weights'
    : '';
  const all = `All ${points.length} measured layers`;
  const complete = shown.length === points.length;
  return section(
    'The signal, layer by layer',
    markup`<figure><div class="wide">${wide}</div><div class="narrow">${narrow}</div>
<figcaption>Mean of the squares of each layer's outputs, dashed before and solid after${foreseen}. A line that falls or climbs by a constant factor per layer is a signal that dies or explodes with depth. Layers are numbered as in the table.</figcaption></figure>
`,
    complete
      ? details(true, all, signalTable(points, shown))
      : details(
          true,
          `${shown.length} of ${points.length} measured layers`,
          signalTable(points, shown),
        ),
    complete ? null : details(false, all, signalTable(points, [...points.keys()])),
  );
};

/**
 * The report as one HTML file that refers to nothing outside and runs nothing: for screen, phone and
 * paper, light and dark. The same report gives the same bytes. Every name in it is escaped.
 */
export async function htmlReport(report: InitReport): Promise<string> {
  const { model, parameters, notes, command } = report;
  const points =
    report.signal === null ? [] : pairSignals(report.signal, report.prediction?.layers);
  const written = report.output === null ? '' : `; written to ${report.output}`;
  return page({
    title: `Initial weights of ${model}`,
    kicker: 'initial weights and why',
    heading: model,
    below: `${sizeOf(report)}; seed ${report.seed}${written}`,
    verdict: report.verdict,
    body: [
      points.length === 0 ? null : facts(points),
      '\n',
      await signalSection(report, points),
      section(
        'Why these weights',
        ...groupByReason(parameters).map(reasonCard),
        details(
          parameters.length <= openRows,
          parameters.length === 1 ? 'The parameter' : `All ${parameters.length} parameters`,
          parameterTable(parameters),
        ),
      ),
      report.certificates === null || report.certificates.length === 0
        ? null
        : section('Certificates', certificateMarkup(report.certificates)),
      report.whyNot === ''
        ? null
        : section('Why not N(0, 0.01²) or ±1/√n?', markup`<p>${prose(report.whyNot)}</p>`),
      sentences('Notes', notes),
      again('weights, bit for bit', command),
    ],
  });
}
