import { sizeOf, type Tensor } from '../tensor/index.ts';
import { UsageError } from './failure.ts';

/** Tensors of examples along their first axis, by input name, or one for the only input. */
type Examples = ReadonlyMap<string, Tensor> | Tensor;

/** The first `count` examples of tensors. `UsageError` where there are fewer. */
export function firstExamples(given: Examples, count: number): Examples {
  if ('dtype' in given) return first(given, count);
  return new Map([...given].map(([name, tensor]) => [name, first(tensor, count)]));
}

function first(tensor: Tensor, count: number): Tensor {
  if (tensor.shape.length === 0) return tensor;
  const [examples, ...rest] = tensor.shape;
  if (count > examples) {
    throw new UsageError(`--samples: must be at most the ${examples} of --input, got ${count}`);
  }
  const shape = [count, ...rest];
  return { ...tensor, shape, data: tensor.data.subarray(0, sizeOf(shape)) };
}
