import { describe, test } from 'vitest';
import {
  checkOperator,
  float32,
  int64,
  type Operand,
  type OperatorCase,
} from '../../../test/operator-check.ts';

const image = [1, 2, 4, 5];

const open = [
  [0, 0],
  [0, 2],
  [0, 3],
] as const;

function resized(
  attributes: NonNullable<OperatorCase['attributes']>,
  by: { readonly scales?: readonly number[]; readonly sizes?: readonly number[]; roi?: Operand },
  symbols: OperatorCase['symbols'] = [],
): OperatorCase {
  const scales = by.scales === undefined ? null : float32(by.scales);
  const sizes = by.sizes === undefined ? [] : [int64(by.sizes)];
  const operands = [image, by.roi ?? null, scales, ...sizes];
  return { operator: 'Resize', operands, attributes, symbols };
}

const places = [
  'half_pixel',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'half_pixel_symmetric',
];

const modes: OperatorCase[] = places.flatMap((transform): OperatorCase[] => {
  const attributes = { coordinate_transformation_mode: transform };
  return [
    resized({ ...attributes, mode: 'nearest' }, { scales: [1, 1, 1.75, 0.6] }),
    resized({ ...attributes, mode: 'linear' }, { scales: [1, 1, 1.75, 0.6] }),
    resized({ ...attributes, mode: 'linear' }, { sizes: [1, 2, 3, 8] }),
    resized({ ...attributes, mode: 'cubic' }, { scales: [1, 1, 1.5, 0.8] }),
  ];
});

const smoothed: OperatorCase[] = [
  resized({ mode: 'linear', antialias: 1 }, { sizes: [1, 2, 2, 3] }),
  resized({ mode: 'linear', antialias: 1 }, { scales: [1, 1, 0.5, 1.6] }),
  resized({ mode: 'cubic', antialias: 1, cubic_coeff_a: -0.5 }, { sizes: [1, 2, 3, 2] }),
  resized({ mode: 'cubic', antialias: 1, exclude_outside: 1 }, { sizes: [1, 2, 3, 2] }),
];

// The extents are seen when the graph runs.
const unknown: OperatorCase[] = [
  resized({ mode: 'linear' }, { scales: [1, 1, 1.5, 2] }, open),
  resized({ mode: 'nearest', nearest_mode: 'floor' }, { scales: [1, 1, 2, 2] }, open),
  resized({ mode: 'cubic' }, { sizes: [1, 2, 6, 3] }, open.slice(1)),
  resized({ mode: 'linear', axes: [-1, 2] }, { sizes: [7, 3] }, open),
  resized(
    { mode: 'linear', coordinate_transformation_mode: 'align_corners' },
    { sizes: [1, 2, 6, 3] },
    open.slice(1),
  ),
];

const others: OperatorCase[] = [
  resized(
    { mode: 'linear', axes: [2, 3], keep_aspect_ratio_policy: 'not_larger' },
    { sizes: [6, 6] },
  ),
  resized(
    { mode: 'nearest', axes: [2, 3], keep_aspect_ratio_policy: 'not_smaller' },
    { sizes: [6, 6] },
  ),
  resized(
    {
      mode: 'linear',
      coordinate_transformation_mode: 'tf_crop_and_resize',
      extrapolation_value: 2,
    },
    { sizes: [1, 2, 3, 4], roi: float32([0, 0, 0.25, -0.25, 1, 1, 1, 0.75]) },
  ),
];

const named = (cases: readonly OperatorCase[]): [string, OperatorCase][] =>
  cases.map((one, index) => [`${JSON.stringify(one.attributes)} (${index + 1})`, one]);

describe('the vector-Jacobian product of a Resize is that of differences, in onnxruntime too, and again', () => {
  test.each(named(modes))('for every place of its elements: %s', async (_, one) => {
    await checkOperator(one);
  });
  test.each(named(smoothed))('smoothing: %s', async (_, one) => {
    await checkOperator(one);
  });
  test.each(named(unknown))('with extents that are not known before: %s', async (_, one) => {
    await checkOperator(one);
  });
  test.each(named(others))('%s', async (_, one) => {
    await checkOperator(one);
  });
});
