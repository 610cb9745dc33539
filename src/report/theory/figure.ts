import { superscript } from '../chart-axes.ts';
import { clean, font, loadCharts, palettes } from '../drawing.ts';
import { escapeText } from '../markup.ts';
import { shorten } from '../text.ts';
import { colourBar, heatItems, type Box, type Heat } from './heat.ts';
import { clipped, ticksOf } from './scales.ts';

/** One axis of a panel: the quantity, its range and, for a log axis, `log`. */
export interface Axis {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly log?: boolean;
}

/** The colours that lines and marks may have; all are told apart on white paper. */
export const tones: Readonly<
  Record<'blue' | 'orange' | 'grey' | 'green' | 'violet' | 'ink', string>
> = {
  blue: palettes.light.after,
  orange: palettes.light.before,
  grey: '#8d95a1',
  green: '#1a7f4b',
  violet: '#7a4fc2',
  ink: '#171b21',
};

/** A name of a colour. */
export type Tone = keyof typeof tones;

/** A line through points, in the units of the axes; a name puts it into the legend. */
export interface Line {
  readonly name?: string | undefined;
  readonly tone: Tone;
  readonly dash?: boolean;
  readonly thin?: boolean;
  readonly points: readonly (readonly [number, number])[];
}

/** A dot, with a label beside it if there is one. */
export interface Mark {
  readonly at: readonly [number, number];
  readonly tone: Tone;
  readonly label?: string;
  /** Where the label stands; to the right of marks on the left, and the other way round, if not given. */
  readonly side?: 'left' | 'top';
  readonly hollow?: boolean;
}

/** One pair of axes with what is drawn in it. */
export interface Panel {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly heat?: Heat;
  readonly lines: readonly Line[];
  readonly marks?: readonly Mark[];
}

const HEIGHT = 430;
const WIDTH = { one: 640, two: 920 } as const;
const MARGIN = { left: 66, right: 22, top: 62, bottom: 56, bar: 72 } as const;
const { ink, line: rule, paper } = palettes.light;
const text = { color: ink, fontFamily: font, fontSize: 12 };

/**
 * One or two panels side by side as SVG text on white paper; `says` is what a reader who cannot see it is
 * told. The drawing refers to nothing outside and defines no ids.
 */
export async function figure(panels: readonly Panel[], says: string): Promise<string> {
  const core = await loadCharts();
  const width = panels.length === 1 ? WIDTH.one : WIDTH.two;
  const boxes = panels.map((panel, i) => {
    const share = width / panels.length;
    const right = MARGIN.right + (panel.heat === undefined ? 0 : MARGIN.bar);
    return {
      left: i * share + MARGIN.left,
      top: MARGIN.top,
      width: share - MARGIN.left - right,
      height: HEIGHT - MARGIN.top - MARGIN.bottom,
    };
  });
  const chart = core.init(null, null, { renderer: 'svg', ssr: true, width, height: HEIGHT });
  chart.setOption({
    animation: false,
    backgroundColor: paper,
    textStyle: { fontFamily: font },
    grid: boxes.map((box) => ({ ...box, outerBoundsMode: 'none' })),
    xAxis: panels.map(({ x }, i) => axisOption(x, i, 'x', boxes[i])),
    yAxis: panels.map(({ y }, i) => axisOption(y, i, 'y', boxes[i])),
    legend: panels.map(({ lines }, i) => ({
      left: boxes[i].left - 4,
      top: 28,
      data: lines.flatMap(({ name }) => name ?? []),
      itemGap: 24,
      itemWidth: 26,
      itemStyle: { opacity: 0 },
      selectedMode: false,
      textStyle: text,
    })),
    graphic: {
      elements: panels.flatMap((panel, i): object[] => [
        {
          type: 'text',
          left: boxes[i].left,
          top: 9,
          silent: true,
          style: {
            text: shorten(panel.title, boxes[i].width / 7),
            fill: tones.ink,
            font: `600 13px ${font}`,
          },
        },
        ...(panel.heat === undefined ? [] : colourBar(panel.heat, boxes[i], text)),
      ]),
    },
    series: panels.flatMap((panel, i) => seriesOf(panel, i, boxes[i])),
  });
  const svg = clean(chart.renderToSVGString());
  chart.dispose();
  return svg.replace('<svg ', `<svg role="img" aria-label="${escapeText(says)}" `);
}

const coordinate = (axis: Axis, value: number): number =>
  axis.log === true ? Math.log10(value) : value;

function axisOption(axis: Axis, gridIndex: number, side: 'x' | 'y', box: Box): object {
  const [low, high] = [coordinate(axis, axis.low), coordinate(axis, axis.high)];
  const room = side === 'x' ? box.width / 70 : box.height / 50;
  const { values, digits } = ticksOf(low, high, room, axis.log === true);
  const label = (value: number): string =>
    axis.log === true ? superscript(value) : value.toFixed(digits).replace('-', '−');
  return {
    type: 'value',
    gridIndex,
    min: low,
    max: high,
    name: axis.name,
    nameLocation: 'middle',
    nameGap: side === 'x' ? 30 : 46,
    nameTextStyle: { ...text, color: tones.ink },
    axisLine: { show: true, onZero: false, lineStyle: { color: ink } },
    axisTick: {
      show: true,
      customValues: values,
      inside: side === 'y',
      // Ticks of the vertical axis run across the plot: split lines cannot be told where to stand.
      length: side === 'y' ? box.width : 4,
      lineStyle: { color: side === 'y' ? rule : ink },
    },
    axisLabel: { ...text, customValues: values, formatter: label, hideOverlap: false },
    splitLine: { show: false },
    z: -1,
  };
}

function seriesOf(panel: Panel, index: number, box: Box): object[] {
  const { x, y, heat, lines, marks = [] } = panel;
  const own = { xAxisIndex: index, yAxisIndex: index, silent: true, clip: false, animation: false };
  const low = [coordinate(x, x.low), coordinate(y, y.low)] as const;
  const high = [coordinate(x, x.high), coordinate(y, y.high)] as const;
  const place = (point: readonly [number, number]): [number, number] => [
    coordinate(x, point[0]),
    coordinate(y, point[1]),
  ];
  const drawn = lines.map(({ name, tone, dash, thin, points }): object =>
    Object.assign(
      {
        type: 'line',
        name,
        data: clipped(points.map(place), low, high),
        showSymbol: false,
        symbol: 'none',
        emphasis: { disabled: true },
        color: tones[tone],
        lineStyle: {
          color: tones[tone],
          width: thin === true ? 1.25 : 2.25,
          type: dash === true ? [6, 4] : 'solid',
        },
        z: 3,
      },
      own,
    ),
  );
  const dots = marks.map(({ at, tone, label, side, hollow }) => {
    const value = place(at);
    const isRight = (value[0] - low[0]) / (high[0] - low[0]) > 0.6;
    // Below the mark, but not where the axis has its numbers.
    const isLow = (value[1] - low[1]) / (high[1] - low[1]) < 0.08;
    return {
      value,
      symbol: 'circle',
      symbolSize: 9,
      itemStyle: {
        color: hollow === true ? paper : tones[tone],
        borderColor: hollow === true ? tones[tone] : paper,
        borderWidth: hollow === true ? 2 : 1.5,
        opacity: 1,
      },
      label: {
        show: label !== undefined,
        formatter: label ?? '',
        position: side ?? (isRight ? 'left' : 'right'),
        distance: side === undefined ? 8 : 12,
        offset: [0, side !== undefined ? 0 : isLow ? -12 : 12],
        color: tones.ink,
        fontFamily: font,
        fontSize: 12,
        textBorderColor: paper,
        textBorderWidth: 3,
      },
    };
  });
  return [
    ...(heat === undefined ? [] : [{ ...own, z: 1, ...heatItems(heat, box) }]),
    ...drawn,
    ...(dots.length === 0 ? [] : [{ ...own, type: 'scatter', data: dots, z: 5 }]),
  ];
}
