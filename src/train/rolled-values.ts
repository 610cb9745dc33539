import type { Values } from '../graph/index.ts';
import { sizeOf } from '../tensor/index.ts';
import { contentOf, stackedTensor } from './rolled-stack.ts';
import type { Rolled } from './rolled.ts';

/**
 * Values by the names of the network as values by the names of the rolled graph: those of equal layers stacked along a new
 * first axis. `title` says what a value is called where it is not the parameter itself but, say, the state of an
 * optimizer. `RangeError` where a stack has some of its layers and lacks others.
 */
export function stackValues(
  { stacks }: Rolled,
  values: Values,
  title: (name: string) => string = (name) => name,
): Values {
  const result = new Map(values);
  for (const [stack, names] of stacks) {
    const titles = names.map(title);
    const tensors = titles.flatMap((name) => values.get(name) ?? []);
    if (tensors.length === 0) continue;
    const missing = titles.find((name) => !values.has(name));
    if (missing !== undefined) {
      throw new RangeError(
        `stackValues: ${title(stack)} must have a value for every layer, got none for ${missing}`,
      );
    }
    const different = tensors.find(
      ({ dtype, shape }) => dtype !== tensors[0].dtype || shape.join() !== tensors[0].shape.join(),
    );
    if (different !== undefined) {
      throw new RangeError(
        `stackValues: ${title(stack)} must have values of one shape, got [${tensors[0].shape.join()}] and [${different.shape.join()}]`,
      );
    }
    for (const name of titles) result.delete(name);
    result.set(title(stack), stackedTensor(tensors));
  }
  return result;
}

/**
 * Values by the names of the rolled graph as values by the names of the network: each layer's part of a stack, as a view
 * of it. `title` as in `stackValues`.
 */
export function unstackValues(
  { stacks }: Rolled,
  values: Values,
  title: (name: string) => string = (name) => name,
): Values {
  const result = new Map(values);
  for (const [stack, names] of stacks) {
    const value = values.get(title(stack));
    if (value === undefined) continue;
    result.delete(title(stack));
    const { dtype, shape, data } = contentOf(value);
    const each = shape.slice(1);
    const size = sizeOf(each);
    for (const [index, name] of names.entries()) {
      const part = data.subarray(index * size, (index + 1) * size);
      result.set(title(name), { dtype, shape: each, data: part });
    }
  }
  return result;
}
