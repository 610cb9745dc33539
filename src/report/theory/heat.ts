import { font } from '../drawing.ts';
import { contours, simplified } from './contours.ts';

/** Where a panel's plot stands, in pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * A function on a grid as colours: `values` row by row from the least y, cell by cell from the least x,
 * between `low` and `high` on the scale of the colours; what is not a number is grey.
 */
export interface Heat {
  readonly columns: number;
  readonly rows: number;
  readonly values: ArrayLike<number>;
  readonly low: number;
  readonly high: number;
  readonly colours: readonly string[];
  /** Where the bar of colours has a label, on the same scale. */
  readonly labels: readonly (readonly [value: number, text: string])[];
}

const UNKNOWN = '#c9ccd1';

/** Colours on a straight line through each pair of neighbours in `stops`, `count` in all. */
export function ramp(stops: readonly string[], count: number): readonly string[] {
  const channels = stops.map((stop) => [1, 3, 5].map((at) => parseInt(stop.slice(at, at + 2), 16)));
  return Array.from({ length: count }, (_, i) => {
    const at = (i / (count - 1)) * (stops.length - 1);
    const from = Math.min(Math.floor(at), stops.length - 2);
    const mixed = channels[from].map((channel, k) =>
      Math.round(channel + (at - from) * (channels[from + 1][k] - channel)),
    );
    return `#${mixed.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
  });
}

/** Corners closer than this to a line are not drawn, in pixels. */
const PRECISION = 0.3;

/**
 * The function as one path per colour: where it is at least as high as that colour, so that the next
 * colour lies on top and no seam shows.
 */
export function heatItems(heat: Heat, box: Box): object {
  const { columns, rows, low, high, colours } = heat;
  const values = Array.from(heat.values, (value) => Math.min(high, value));
  const path = (level: number): string =>
    contours({ columns, rows, values }, level)
      .map((loop) => {
        const places = loop.map(([column, row]): [number, number] => [
          box.left + ((column + 0.5) / columns) * box.width,
          box.top + (1 - (row + 0.5) / rows) * box.height,
        ]);
        const corners = simplified(places, PRECISION).map(
          ([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`,
        );
        return `M${corners.join('L')}Z`;
      })
      .join('');
  const whole = `M${box.left} ${box.top}h${box.width}v${box.height}h${-box.width}Z`;
  const layers = [
    { fill: UNKNOWN, pathData: whole },
    ...colours.map((fill, k) => ({
      fill,
      pathData: path(k === 0 ? -Infinity : low + (k / colours.length) * (high - low)),
    })),
  ].filter(({ pathData }) => pathData !== '');
  return {
    type: 'custom',
    coordinateSystem: 'cartesian2d',
    data: layers.map((_, k) => [k]),
    renderItem: ({ dataIndex }: { readonly dataIndex: number }) => ({
      type: 'path',
      silent: true,
      shape: { pathData: layers[dataIndex].pathData },
      style: { fill: layers[dataIndex].fill },
    }),
  };
}

/** The bar of colours to the right of a plot, with its labels. */
export function colourBar(
  { colours, low, high, labels }: Heat,
  box: Box,
  text: { readonly color: string; readonly fontSize: number },
): object[] {
  const left = box.left + box.width + 14;
  const step = box.height / colours.length;
  const colour = (fill: string, k: number): object => ({
    type: 'rect',
    silent: true,
    // Each reaches down to the foot of the bar, so that no seam shows.
    shape: { x: left, y: box.top, width: 12, height: box.height - k * step },
    style: { fill },
  });
  const label = ([value, words]: readonly [number, string]): object => ({
    type: 'text',
    silent: true,
    x: left + 17,
    y: box.top + box.height * (1 - (value - low) / (high - low)),
    style: {
      text: words,
      fill: text.color,
      font: `${text.fontSize}px ${font}`,
      verticalAlign: 'middle',
    },
  });
  return [...colours.map(colour), ...labels.map(label)];
}
