import { comparedOn, comparedLayers } from './comparison.ts';
import type { ComparedScheme, ComparisonReport } from './comparison-report.ts';
import { comparedRows } from './comparison-rows.ts';
import { again, details, page, section, sentences } from './html-page.ts';
import { code, markup } from './markup.ts';
import type { Markup } from './markup.ts';
import { seriesTones } from './course-chart.ts';
import { shatteringChart } from './shattering-chart.ts';
import { spectraChart } from './spectra-chart.ts';
import { CHART, charts, courseCharts, courseOf, dataTable, gapped } from './measurement-html.ts';
import { momentText } from './measurement-quantities.ts';
import { formatNumber } from './number.ts';
import { tones, type Tone } from './theory/figure.ts';

const toneOf = (index: number): Tone => seriesTones[index % seriesTones.length];

/** Which colour is which scheme. */
function keyOf(schemes: readonly ComparedScheme[]): Markup {
  return markup`<ul class="key">${schemes.map(
    ({ scheme }, i) =>
      markup`<li><span style="background:${tones.page[toneOf(i)]}"></span>${code(scheme)}</li>`,
  )}</ul>
`;
}

function summaryTable(schemes: readonly ComparedScheme[]): Markup {
  return dataTable(
    'Schemes',
    'numbers',
    ['', ...schemes.map(({ scheme }) => scheme)],
    comparedRows(schemes).map(
      ({ name, text }) =>
        markup`<tr><th scope="row">${name}</th>${schemes.map((scheme) => markup`<td>${text(scheme)}</td>`)}</tr>
`,
    ),
  );
}

function layerTable(schemes: readonly ComparedScheme[], shown: readonly number[]): Markup {
  const [{ layers }] = schemes;
  const hasGradients = schemes.some((scheme) =>
    scheme.layers.some(({ gradientSecondMoment }) => gradientSecondMoment !== null),
  );
  const titles = schemes.flatMap(({ scheme }) => [
    `E[x²]\n${scheme}`,
    `c\n${scheme}`,
    ...(hasGradients ? [`E[g²]\n${scheme}`] : []),
  ]);
  return dataTable(
    'Schemes by layer',
    'signal',
    ['#', 'layer', 'op', ...titles],
    gapped(shown, titles.length + 3, (index) => {
      const cells = schemes.flatMap((scheme) => {
        const layer = scheme.layers[index];
        return [
          momentText(layer),
          formatNumber(layer.c),
          ...(hasGradients ? [formatNumber(layer.gradientSecondMoment)] : []),
        ];
      });
      return markup`<tr><td>${index + 1}</td><th scope="row">${code(layers[index].name)}</th><td>${layers[index].op}</td>${cells.map((text) => markup`<td>${text}</td>`)}</tr>
`;
    }),
  );
}

/**
 * A comparison as one HTML file with overlaid charts, theory as lines and measurement as dots. The same report gives the
 * same bytes. Every name in it is escaped.
 */
export async function comparisonHtml(report: ComparisonReport): Promise<string> {
  const { model, schemes, verdict, notes, command } = report;
  const key = keyOf(schemes);
  const drawings = await courseCharts((which) =>
    schemes.map(({ layers }, i) => courseOf(layers, which, { tone: toneOf(i) })),
  );
  const spectra = schemes.flatMap(({ scheme: name, jacobian }, i) =>
    jacobian === null ? [] : [{ name, tone: toneOf(i), jacobian, predicted: jacobian.predicted }],
  );
  const shattered = schemes.flatMap(({ scheme: name, shattering }, i) =>
    shattering === null ? [] : [{ name, tone: toneOf(i), shattering }],
  );
  const shown = comparedLayers(schemes);
  const count = schemes[0].layers.length;
  return page({
    title: `Initial weights of ${model} compared`,
    kicker: 'initial weights compared',
    heading: model,
    below: comparedOn(report),
    verdict,
    body: [
      section('Side by side', summaryTable(schemes)),
      section(
        'Layer by layer',
        key,
        charts(
          drawings,
          'Dots are measured, lines are the theory of wide networks for the same inputs. Layers are numbered as in the table.',
        ),
        details(
          true,
          shown.length === count ? `All ${count} layers` : `${shown.length} of ${count} layers`,
          layerTable(schemes, shown),
        ),
        shown.length === count
          ? null
          : details(
              false,
              `All ${count} layers`,
              layerTable(schemes, [...schemes[0].layers.keys()]),
            ),
      ),
      spectra.length === 0
        ? null
        : section(
            'The Jacobian',
            key,
            charts(
              [await spectraChart(spectra, CHART)],
              'Dots are measured, lines are the law of the wide limit, where there is one.',
            ),
          ),
      shattered.length === 0
        ? null
        : section(
            'Shattering',
            key,
            charts(
              [await shatteringChart(shattered, CHART)],
              'How the gradients of inputs along a line correlate, by the number of steps between them.',
            ),
          ),
      sentences(
        'Verdicts',
        schemes.map(({ scheme, verdict: own }) => `\`${scheme}\`: ${own}`),
      ),
      sentences('Notes', notes),
      again('numbers', command),
    ],
  });
}
