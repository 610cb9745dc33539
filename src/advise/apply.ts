import { scheme } from '../init/index.ts';
import type { Network, ParameterInfo } from '../network/index.ts';
import { fold, key, localKernels, type Kernels, type Key } from '../random/index.ts';
import { sizeOf, stridesOf, type FloatDType, type Tensor } from '../tensor/index.ts';
import { KEEP, type Choice, type Plan, type PlanEntry, type PlannedBlock } from './plan.ts';
import { naming, specOfParameter } from './spec.ts';

/**
 * The weights of a plan by name, each drawn when it is asked for from the stream
 * `fold(key(seed), name)`: no value depends on another parameter, on the order, on what is kept or on
 * the kernels.
 */
export function applyPlan(
  plan: Plan,
  network: Network,
  kernels: Kernels = localKernels(),
): Map<string, () => Tensor<FloatDType>> {
  const infos = new Map(network.parameters.map((parameter) => [parameter.name, parameter]));
  const root = key(plan.seed);
  const draws = new Map<string, () => Tensor<FloatDType>>();
  for (const entry of plan.parameters) {
    const info = infos.get(entry.name);
    if (info === undefined || entry.scheme === KEEP) continue;
    draws.set(entry.name, () => drawEntry(fold(root, entry.name), entry, info, kernels));
  }
  return draws;
}

function drawEntry(
  stream: Key,
  entry: PlanEntry,
  info: ParameterInfo,
  kernels: Kernels,
): Tensor<FloatDType> {
  if (entry.blocks.length === 0)
    return { ...draw(stream, entry, info, kernels), shape: info.shape };
  const [head] = entry.blocks;
  const first = draw(fold(stream, head.name), head, info, kernels, head);
  const data = roomLike(first.data, sizeOf(info.shape), kernels);
  for (const [index, block] of entry.blocks.entries()) {
    const tensor =
      index === 0 ? first : draw(fold(stream, block.name), block, info, kernels, block);
    paste(data, info.shape, tensor.data, block);
  }
  return { dtype: first.dtype, shape: info.shape, data };
}

/** Cleared room for so many elements of the kind of `like`. */
function roomLike(
  like: Tensor<FloatDType>['data'],
  size: number,
  kernels: Kernels,
): Float32Array | Float64Array | Uint16Array {
  const memory = kernels.memory(size * like.BYTES_PER_ELEMENT);
  if (like instanceof Float32Array) return new Float32Array(memory, 0, size);
  if (like instanceof Float64Array) return new Float64Array(memory, 0, size);
  return new Uint16Array(memory, 0, size);
}

function draw(
  stream: Key,
  choice: Choice,
  info: ParameterInfo,
  kernels: Kernels,
  block?: PlannedBlock,
): Tensor<FloatDType> {
  const record = scheme(choice.scheme);
  const spec = specOfParameter(info, block);
  return naming(info.name, () => record.draw(stream, spec, choice.options, kernels));
}

/** Copies a block to its place in the whole, a run of neighbours at a time. */
function paste(
  whole: { [index: number]: number },
  shape: readonly number[],
  part: ArrayLike<number>,
  block: PlannedBlock,
): void {
  const strides = stridesOf(shape);
  // The last axes that the block has whole are one run with the axis before them.
  let axes = shape.length;
  let run = 1;
  do {
    axes--;
    run *= block.shape[axes] ?? 1;
  } while (axes > 0 && block.shape[axes] === shape[axes]);
  const index = block.shape.slice(0, axes).map(() => 0);
  for (let from = 0; from < part.length; from += run) {
    let to = (block.start[axes] ?? 0) * (strides[axes] ?? 0);
    for (let axis = 0; axis < axes; axis++) {
      to += (block.start[axis] + index[axis]) * strides[axis];
    }
    for (let i = 0; i < run; i++) whole[to + i] = part[from + i];
    for (let axis = axes - 1; axis >= 0 && ++index[axis] === block.shape[axis]; axis--) {
      index[axis] = 0;
    }
  }
}
