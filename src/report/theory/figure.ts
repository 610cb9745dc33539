import { superscript } from '../chart-axes.ts';
import { clean, font, loadCharts, palettes, type Palette } from '../drawing.ts';
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
  /** Whether ticks stand at whole numbers alone. */
  readonly whole?: boolean;
}

/** The colours that lines and marks may have; all are told apart on white paper, and on black. */
export type Tone = 'blue' | 'orange' | 'grey' | 'green' | 'violet' | 'red' | 'ink';

/** The colours on white paper, and as CSS variables of a page around. */
export const tones: Readonly<Record<'light' | 'page', Readonly<Record<Tone, string>>>> = {
  light: {
    blue: palettes.light.after,
    orange: palettes.light.before,
    grey: '#8d95a1',
    green: '#1a7f4b',
    violet: '#7a4fc2',
    red: '#b3261e',
    ink: '#171b21',
  },
  page: {
    blue: palettes.page.after,
    orange: palettes.page.before,
    grey: 'var(--grey)',
    green: 'var(--green)',
    violet: 'var(--violet)',
    red: 'var(--bad)',
    ink: 'var(--ink)',
  },
};

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

/** Small dots; a name puts them into the legend. */
export interface Dots {
  readonly name?: string | undefined;
  readonly tone: Tone;
  readonly points: readonly (readonly [number, number])[];
}

/** Bars from the lower edge to a height, between two places on the horizontal axis. */
export interface Bars {
  readonly name?: string;
  readonly tone: Tone;
  readonly items: readonly {
    readonly from: number;
    readonly to: number;
    readonly height: number;
  }[];
}

/** One pair of axes with what is drawn in it. */
export interface Panel {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly heat?: Heat;
  readonly lines: readonly Line[];
  readonly marks?: readonly Mark[];
  readonly dots?: readonly Dots[];
  readonly bars?: Bars;
}

/** How a figure is drawn, where it is not on white paper in its usual size. */
export interface FigureOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'light' | 'page';
}

/** The colours of one drawing. */
interface Colours {
  readonly tones: Readonly<Record<Tone, string>>;
  readonly palette: Palette;
  readonly text: { readonly color: string; readonly fontFamily: string; readonly fontSize: number };
}

const HEIGHT = 430;
const WIDTH = { one: 640, two: 920 } as const;
/** Height of the line of a legend. */
const LEGEND = 24;
/** Room that powers of ten need more than other numbers. */
const LOG_LABELS = 12;
const MARGIN = { left: 66, right: 22, top: 62, bottom: 56, bar: 72 } as const;

/**
 * One or two panels side by side as SVG text, on white paper if not asked for otherwise; `says` is what a reader who cannot see it is
 * told. The drawing refers to nothing outside and defines no ids.
 */
export async function figure(
  panels: readonly Panel[],
  says: string,
  options: FigureOptions = {},
): Promise<string> {
  const core = await loadCharts();
  const { theme = 'light', height = HEIGHT } = options;
  const { width = panels.length === 1 ? WIDTH.one : WIDTH.two } = options;
  const palette = palettes[theme];
  const text = { color: palette.ink, fontFamily: font, fontSize: 12 };
  const colours: Colours = { tones: tones[theme], palette, text };
  // One legend may serve the panels beside it too.
  const hasLegend = panels.some((panel) => legendOf(panel, colours).length > 0);
  const top = hasLegend ? MARGIN.top : MARGIN.top - LEGEND;
  const boxes = panels.map((panel, i) => {
    const share = width / panels.length;
    const right = MARGIN.right + (panel.heat === undefined ? 0 : MARGIN.bar);
    const left = MARGIN.left + (panel.y.log === true ? LOG_LABELS : 0);
    return {
      left: i * share + left,
      top,
      width: share - left - right,
      height: height - top - MARGIN.bottom,
    };
  });
  const chart = core.init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({
    animation: false,
    backgroundColor: theme === 'page' ? 'transparent' : palette.paper,
    textStyle: { fontFamily: font },
    grid: boxes.map((box) => ({ ...box, outerBoundsMode: 'none' })),
    xAxis: panels.map(({ x }, i) => axisOption(x, i, 'x', boxes[i], colours)),
    yAxis: panels.map(({ y }, i) => axisOption(y, i, 'y', boxes[i], colours)),
    legend: panels.map((panel, i) => ({
      left: boxes[i].left - 4,
      top: 28,
      data: legendOf(panel, colours),
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
            fill: colours.tones.ink,
            font: `600 13px ${font}`,
          },
        },
        ...(panel.heat === undefined ? [] : colourBar(panel.heat, boxes[i], text)),
      ]),
    },
    series: panels.flatMap((panel, i) => seriesOf(panel, i, boxes[i], colours)),
  });
  const svg = clean(chart.renderToSVGString());
  chart.dispose();
  return svg.replace('<svg ', `<svg role="img" aria-label="${escapeText(says)}" `);
}

/** Lines stand in the legend as lines, dots and bars as what they are. */
function legendOf({ lines, dots = [], bars }: Panel, { tones: own }: Colours): object[] {
  const shape = (name: string | undefined, icon: string, tone: Tone): object[] =>
    name === undefined ? [] : [{ name, icon, itemStyle: { opacity: 1, color: own[tone] } }];
  return [
    ...(bars === undefined ? [] : shape(bars.name, 'rect', bars.tone)),
    ...dots.flatMap(({ name, tone }) => shape(name, 'circle', tone)),
    ...lines.flatMap(({ name }) => (name === undefined ? [] : [{ name }])),
  ];
}

const coordinate = (axis: Axis, value: number): number =>
  axis.log === true ? Math.log10(value) : value;

function axisOption(
  axis: Axis,
  gridIndex: number,
  side: 'x' | 'y',
  box: Box,
  { tones: own, palette, text }: Colours,
): object {
  const [low, high] = [coordinate(axis, axis.low), coordinate(axis, axis.high)];
  const room = side === 'x' ? box.width / 70 : box.height / 50;
  const found = ticksOf(low, high, room, axis.log === true);
  const values = axis.whole === true ? found.values.filter(Number.isInteger) : found.values;
  const digits = axis.whole === true ? 0 : found.digits;
  const label = (value: number): string =>
    axis.log === true ? superscript(value) : value.toFixed(digits).replace('-', '−');
  return {
    type: 'value',
    gridIndex,
    min: low,
    max: high,
    name: axis.name,
    nameLocation: 'middle',
    nameMoveOverlap: false,
    nameGap: side === 'x' ? 30 : axis.log === true ? 46 + LOG_LABELS : 46,
    nameTextStyle: { ...text, color: own.ink },
    axisLine: { show: true, onZero: false, lineStyle: { color: palette.ink } },
    axisTick: {
      show: true,
      customValues: values,
      inside: side === 'y',
      // Ticks of the vertical axis run across the plot: split lines cannot be told where to stand.
      length: side === 'y' ? box.width : 4,
      lineStyle: { color: side === 'y' ? palette.line : palette.ink },
    },
    axisLabel: { ...text, customValues: values, formatter: label, hideOverlap: false },
    splitLine: { show: false },
    z: -1,
  };
}

function seriesOf(
  panel: Panel,
  index: number,
  box: Box,
  { tones: colour, palette: { paper } }: Colours,
): object[] {
  const { x, y, heat, lines, marks = [], dots = [], bars } = panel;
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
        color: colour[tone],
        lineStyle: {
          color: colour[tone],
          width: thin === true ? 1.25 : 2.25,
          type: dash === true ? [6, 4] : 'solid',
        },
        z: 3,
      },
      own,
    ),
  );
  const labelled = marks.map(({ at, tone, label, side, hollow }) => {
    const value = place(at);
    const isRight = (value[0] - low[0]) / (high[0] - low[0]) > 0.6;
    // Below the mark, but not where the axis has its numbers.
    const isLow = (value[1] - low[1]) / (high[1] - low[1]) < 0.08;
    return {
      value,
      symbol: 'circle',
      symbolSize: 9,
      itemStyle: {
        color: hollow === true ? paper : colour[tone],
        borderColor: hollow === true ? colour[tone] : paper,
        borderWidth: hollow === true ? 2 : 1.5,
        opacity: 1,
      },
      label: {
        show: label !== undefined,
        formatter: label ?? '',
        position: side ?? (isRight ? 'left' : 'right'),
        distance: side === undefined ? 8 : 12,
        offset: [0, side !== undefined ? 0 : isLow ? -12 : 12],
        color: colour.ink,
        fontFamily: font,
        fontSize: 12,
        textBorderColor: paper,
        textBorderWidth: 3,
      },
    };
  });
  return [
    ...(heat === undefined ? [] : [{ ...own, z: 1, ...heatItems(heat, box) }]),
    ...(bars === undefined ? [] : [{ ...own, z: 2, ...barItems(bars, panel, box, colour) }]),
    ...drawn,
    ...dots.map(({ name, tone, points }): object =>
      Object.assign(
        {
          type: 'scatter',
          name,
          symbolSize: points.length > 60 ? 4 : 6,
          color: colour[tone],
          itemStyle: { color: colour[tone], opacity: 1 },
          data: points.map(place).filter((point) => isInside(point, low, high)),
          z: 4,
        },
        own,
      ),
    ),
    ...(labelled.length === 0 ? [] : [{ ...own, type: 'scatter', data: labelled, z: 5 }]),
  ];
}

const isInside = (
  point: readonly [number, number],
  low: readonly [number, number],
  high: readonly [number, number],
): boolean => point.every((value, axis) => value >= low[axis] && value <= high[axis]);

/** Bars as rectangles in the plot. */
function barItems(
  { name, tone, items }: Bars,
  { x, y }: Panel,
  box: Box,
  colour: Readonly<Record<Tone, string>>,
): object {
  const along = (axis: Axis, value: number): number => {
    const [low, high] = [coordinate(axis, axis.low), coordinate(axis, axis.high)];
    return Math.min(1, Math.max(0, (coordinate(axis, value) - low) / (high - low)));
  };
  const shapes = items
    .filter(({ height }) => height > 0)
    .map(({ from, to, height }) => {
      const [left, right] = [along(x, from) * box.width, along(x, to) * box.width];
      const top = along(y, height) * box.height;
      return {
        x: box.left + left,
        y: box.top + box.height - top,
        width: Math.max(0, right - left - (right - left > 4 ? 1 : 0)),
        height: top,
      };
    });
  return {
    type: 'custom',
    name,
    coordinateSystem: 'cartesian2d',
    color: colour[tone],
    data: shapes.map((_, k) => [k]),
    renderItem: ({ dataIndex }: { readonly dataIndex: number }) => ({
      type: 'rect',
      silent: true,
      shape: shapes[dataIndex],
      style: { fill: colour[tone], opacity: 0.35 },
    }),
  };
}
