import type { Graph } from '../graph/index.ts';
import { isFloat, sizeOf, toFloat64, type Tensor } from '../tensor/index.ts';
import type { NamedArray } from './array-names.ts';
import { checkScores, shapeText } from './inputs.ts';
import { outputShape } from './number-feed.ts';
import type { Targets } from './targets.ts';

/** Classes beyond which whole numbers are taken for something else. */
const MOST_CLASSES = 1_000_000;

/** Whether whole numbers stand in an array. */
const isWhole = ({ dtype }: Tensor): boolean => !isFloat(dtype);

/** The shape of an example without a last axis of one. */
function shapeOf({ shape }: Tensor): readonly number[] {
  const each = shape.slice(1);
  return each.at(-1) === 1 ? each.slice(0, -1) : each;
}

/**
 * The targets of the parts of a data set: whole numbers are classes from 0 on, floats are values in the shape of the output.
 * `RangeError` that starts with `file` for negative classes and values that are not finite, and for an output that they do not fit.
 */
export function arrayTargets(
  parts: readonly NamedArray[],
  graph: Graph,
  file: string,
): readonly Targets[] {
  const [{ name, tensor }] = parts;
  const isClass = isWhole(tensor);
  for (const other of parts) {
    if (isWhole(other.tensor) !== isClass) {
      throw new RangeError(
        `${file}: ${other.name} must be ${isClass ? 'whole numbers' : 'floats'} like ${name}, got ${other.tensor.dtype}`,
      );
    }
  }
  return isClass
    ? classTargets(parts, graph, file)
    : parts.map((part) => values(part, graph, file));
}

function classTargets(
  parts: readonly NamedArray[],
  graph: Graph,
  file: string,
): readonly Targets[] {
  const numbers = parts.map(({ tensor }) => toFloat64(tensor));
  let most = 0;
  parts.forEach(({ name, tensor }, part) => {
    const places = sizeOf(tensor.shape.slice(1));
    numbers[part].forEach((value, at) => {
      most = Math.max(most, value);
      if (value >= 0 && value < MOST_CLASSES) return;
      throw new RangeError(
        `${file}: ${name} must be classes from 0 to ${MOST_CLASSES - 1}, got ${value} for example ${Math.floor(at / places)}`,
      );
    });
  });
  const shape = shapeOf(parts[0].tensor);
  checkScores(graph, file, most + 1, shape);
  const classes = Array.from({ length: most + 1 }, (_, index) => String(index));
  return numbers.map((own) => ({ kind: 'class', classes, shape, of: (at) => own[at] }));
}

function values({ name, tensor }: NamedArray, graph: Graph, file: string): Targets {
  const shape = outputShape(graph, file);
  const size = sizeOf(shape);
  if (sizeOf(tensor.shape.slice(1)) !== size) {
    throw new RangeError(
      `${file}: ${name} must be whole numbers, which are classes, or values in the shape of the output, ${shapeText(['examples', ...shape])}, got ${tensor.dtype} ${shapeText(tensor.shape)}`,
    );
  }
  const numbers = finite(name, tensor, file);
  return {
    kind: 'values',
    shape,
    write: (index, out, at) => out.set(numbers.subarray(index * size, (index + 1) * size), at),
  };
}

/** The elements of an array as float32. `RangeError` for one that is not finite. */
export function finite(name: string, tensor: Tensor, file: string): Float32Array {
  const numbers =
    tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(toFloat64(tensor));
  const wrong = numbers.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return numbers;
  throw new RangeError(
    `${file}: ${name} must be finite in float32, got ${numbers[wrong]} in example ${Math.floor(wrong / Math.max(1, sizeOf(tensor.shape.slice(1))))}`,
  );
}
