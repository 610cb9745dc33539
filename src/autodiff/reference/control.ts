import {
  numberAttribute,
  numbersAttribute,
  type Attribute,
  type Graph,
} from '../../graph/index.ts';
import { filled, positive, type Numbers } from './array.ts';
import type { Kernel } from './kernel.ts';
import { concatenated, cut } from './movement.ts';

function bodyOf(value: Attribute | undefined): Graph {
  if (typeof value === 'object' && 'nodes' in value) return value;
  throw new TypeError('evaluate: an attribute must be a graph, got none');
}

/** Arrays as one, along a new axis. */
function stacked(parts: readonly Numbers[], axis: number): Numbers {
  const rank = parts[0].shape.length + 1;
  const at = positive(axis, rank);
  const wide = parts.map((part) => ({
    ...part,
    shape: [...part.shape.slice(0, at), 1, ...part.shape.slice(at)],
  }));
  return concatenated(wide, at);
}

function picked(x: Numbers, axis: number, at: number): Numbers {
  const part = cut(x, axis, at, at + 1);
  return { ...part, shape: part.shape.filter((_, index) => index !== axis) };
}

const scan: Kernel = (node, inputs, run) => {
  const given = inputs.filter((input) => input !== undefined);
  const body = bodyOf(node.attributes.body);
  const count = numberAttribute(node, 'num_scan_inputs', 0);
  const states = given.length - count;
  const sequences = given.slice(states);
  const inAxes = sequences.map(({ shape }, index) =>
    positive(numbersAttribute(node, 'scan_input_axes')?.[index] ?? 0, shape.length),
  );
  const directions = numbersAttribute(node, 'scan_input_directions') ?? [];
  const length = sequences[0].shape[inAxes[0]];
  const stacks: Numbers[][] = body.outputs.slice(states).map(() => []);
  let state = given.slice(0, states);
  for (let step = 0; step < length; step++) {
    const slices = sequences.map((sequence, index) =>
      picked(sequence, inAxes[index], directions[index] === 1 ? length - 1 - step : step),
    );
    const made = run(body, [...state, ...slices]);
    state = made.slice(0, states);
    for (const [index, stack] of stacks.entries()) stack.push(made[states + index]);
  }
  const outAxes = numbersAttribute(node, 'scan_output_axes') ?? [];
  const outDirections = numbersAttribute(node, 'scan_output_directions') ?? [];
  const results = stacks.map((stack, index) =>
    stacked(outDirections[index] === 1 ? stack.toReversed() : stack, outAxes[index] ?? 0),
  );
  return [...state, ...results];
};

const loop: Kernel = (node, [trips, condition, ...rest], run) => {
  const body = bodyOf(node.attributes.body);
  let state = rest.filter((input) => input !== undefined);
  const states = state.length;
  const stacks: Numbers[][] = body.outputs.slice(states + 1).map(() => []);
  let goesOn = condition ?? filled('bool', [], () => 1);
  const most = trips?.data[0] ?? Infinity;
  for (let step = 0; step < most && goesOn.data[0] !== 0; step++) {
    const made = run(body, [filled('int64', [], () => step), goesOn, ...state]);
    [goesOn] = made;
    state = made.slice(1, states + 1);
    for (const [index, stack] of stacks.entries()) stack.push(made[states + 1 + index]);
  }
  return [...state, ...stacks.map((stack) => stacked(stack, 0))];
};

const branch: Kernel = (node, [condition], run) => {
  const isThen = condition !== undefined && condition.data[0] !== 0;
  return run(bodyOf(node.attributes[isThen ? 'then_branch' : 'else_branch']), []);
};

/** Operators with subgraphs, in float64. */
export const control: Readonly<Record<string, Kernel>> = { Scan: scan, Loop: loop, If: branch };
