import { layerTicks, superscript, valueTicks } from './chart-axes.ts';
import { edgeMarks, logMoments, sample } from './chart-points.ts';
import { clean, font, loadCharts, palettes } from './drawing.ts';
import { formatNumber } from './number.ts';
import { decades, pairSignals } from './signal.ts';
import type { PredictedMoment, Run, SignalPoint } from './signal.ts';
import type { SignalRow } from './types.ts';

/** Size in pixels; `page` takes its colours from the CSS variables of the page around it. */
export interface ChartOptions {
  /** What the theory gives for the new weights, drawn as a thin dotted line. */
  readonly predicted?: readonly PredictedMoment[];
  readonly width: number;
  readonly height: number;
  readonly theme: 'light' | 'dark' | 'page';
}

/** The name of the prediction's line. */
const FORESEEN = 'theory';

const markersUpTo = 60;

const sentence = (points: readonly SignalPoint[]): string => {
  const end = (run: Run): string => {
    const rows = points.filter((point) => point[run] !== null);
    if (rows.length === 0) return '';
    const [first, last] = [rows[0], rows[rows.length - 1]].map((point) =>
      formatNumber(point[run]?.secondMoment ?? null),
    );
    return ` ${run === 'before' ? 'Before' : 'After'}: ${first} at the first layer, ${last} at the last.`;
  };
  return `Second moment of the signal in ${points.length} layers.${end('before')}${end('after')}`;
};

/**
 * A drawing of both runs as SVG text: the second moment by layer on a log axis and, where it is
 * known, the share of dead units below. It refers to nothing outside and defines no ids.
 */
export async function signalChart(
  before: readonly SignalRow[],
  after: readonly SignalRow[],
  options: ChartOptions,
): Promise<string> {
  const { width, height } = options;
  const palette = palettes[options.theme];
  const points = pairSignals({ before, after }, options.predicted);
  const runs = (['before', 'after'] as const).filter((run) =>
    points.some((point) => point[run] !== null),
  );
  const hasPrediction = points.some((point) => point.predicted !== null);
  const hasDead = points.some((point) => runs.some((run) => point[run]?.dead != null));
  const [low, high] = decades(points);
  const small = width < 500;
  const left = 52;
  const right = 16;
  const top = 40;
  const deadHeight = hasDead ? Math.round(height * 0.16) : 0;
  const bottom = 44 + (hasDead ? deadHeight + 40 : 0);
  const text = { color: palette.ink, fontFamily: font, fontSize: 12 };
  const first = 1;
  const last = Math.max(points.length, 2);
  const pad = (last - first) * 0.015;
  const ticks = layerTicks(points.length, width - left - right);

  const layers = (gridIndex: number, labelled: boolean): object => ({
    type: 'value',
    gridIndex,
    min: first - pad,
    max: last + pad,
    name: labelled ? 'layer' : '',
    nameLocation: 'middle',
    nameGap: 26,
    nameTextStyle: text,
    axisLine: { onZero: false, lineStyle: { color: palette.line } },
    axisTick: { show: labelled, customValues: ticks, lineStyle: { color: palette.line } },
    axisLabel: { ...text, show: labelled, customValues: ticks, formatter: String },
    splitLine: { show: false },
  });
  const heading = (y: number, content: string): object => ({
    type: 'text',
    left: 4,
    top: y,
    silent: true,
    style: { text: content, fill: palette.ink, font: `600 12px ${font}` },
  });
  const style = (run: Run): object => ({
    color: palette[run],
    silent: true,
    clip: false,
    animation: false,
    emphasis: { disabled: true },
    lineStyle: { color: palette[run], width: 2, type: run === 'before' ? [6, 4] : 'solid' },
    itemStyle: {
      color: run === 'before' ? palette.paper : palette[run],
      borderColor: palette[run],
      borderWidth: 2,
    },
    symbol: 'circle',
    symbolSize: 6,
    showSymbol: points.length <= markersUpTo,
  });
  const marks = edgeMarks(points, runs);
  // What the axis cannot show stands in a band of its own, with room for its labels.
  const plotHeight = height - top - bottom;
  const band = (atLow: boolean): number => {
    const own = marks.filter((mark) => mark.low === atLow);
    return own.length === 0 ? 0 : 20 + 16 * own.filter((mark) => mark.label !== null).length;
  };
  const perPixel = (high - low) / (plotHeight - band(true) - band(false));
  const [min, max] = [low - band(true) * perPixel, high + band(false) * perPixel];
  const pixel = (index: number): number =>
    left + ((index - first + pad) / (last - first + 2 * pad)) * (width - left - right);
  const edges = marks.map(({ run, index, low: atLow, label, line }): object => ({
    value: [index, atLow ? min : max],
    symbol: 'triangle',
    symbolRotate: atLow ? 180 : 0,
    itemStyle: { color: palette[run], opacity: 1 },
    label: {
      show: label !== null,
      formatter: label ?? '',
      position: pixel(index) > width / 2 ? 'left' : 'right',
      distance: 8,
      offset: [0, (atLow ? -1 : 1) * (13 + 16 * line)],
      color: palette[run],
      fontFamily: font,
      fontSize: 12,
      fontWeight: 600,
      textBorderColor: palette.paper,
      textBorderWidth: 4,
    },
  }));
  const quantity = (values: readonly number[], formatter: (value: number) => string): object => ({
    type: 'value',
    min: values[0],
    max: values[values.length - 1],
    axisLine: { show: false },
    // Ticks across the plot: split lines cannot be told where to stand.
    axisTick: {
      customValues: values,
      inside: true,
      length: width - left - right,
      lineStyle: { color: palette.line },
    },
    axisLabel: { ...text, formatter, customValues: values },
    splitLine: { show: false },
    z: -1,
  });
  const core = await loadCharts();
  const chart = core.init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: font },
    grid: [
      { left, right, top, bottom, outerBoundsMode: 'none' },
      ...(hasDead
        ? [{ left, right, height: deadHeight, bottom: 44, outerBoundsMode: 'none' }]
        : []),
    ],
    xAxis: [layers(0, !hasDead), ...(hasDead ? [layers(1, true)] : [])],
    yAxis: [
      { ...quantity(valueTicks(low, high, small ? 5 : 7), superscript), min, max },
      ...(hasDead
        ? [{ ...quantity([0, 0.5, 1], (share) => `${100 * share}%`), gridIndex: 1 }]
        : []),
    ],
    legend: {
      top: 4,
      right: right,
      data: [...runs, ...(hasPrediction ? [FORESEEN] : [])],
      itemGap: 24,
      itemWidth: 30,
      selectedMode: false,
      textStyle: { ...text, fontSize: 13 },
    },
    graphic: {
      elements: [
        heading(8, small ? 'second moment E[x²]' : 'second moment E[x²], log scale'),
        ...(hasDead ? [heading(height - 44 - deadHeight - 24, 'dead units')] : []),
      ],
    },
    series: [
      ...runs.map((run) => ({
        ...style(run),
        type: 'line',
        name: run,
        data: logMoments(points, run),
      })),
      ...(hasPrediction
        ? [
            {
              ...style('after'),
              type: 'line',
              name: FORESEEN,
              color: palette.ink,
              lineStyle: { color: palette.ink, width: 1.5, type: [1.5, 3] },
              itemStyle: { color: palette.ink },
              showSymbol: false,
              z: 4,
              data: logMoments(points, 'predicted'),
            },
          ]
        : []),
      { type: 'scatter', z: 5, silent: true, clip: false, symbolSize: small ? 8 : 10, data: edges },
      ...(hasDead
        ? runs.map((run) =>
            Object.assign(style(run), {
              type: 'line',
              xAxisIndex: 1,
              yAxisIndex: 1,
              showSymbol: false,
              data: sample(points.map((point) => [point.index, point[run]?.dead ?? null])),
            }),
          )
        : []),
    ],
  });
  const svg = clean(chart.renderToSVGString());
  chart.dispose();
  return svg.replace('<svg ', `<svg role="img" aria-label="${sentence(points)}" `);
}
