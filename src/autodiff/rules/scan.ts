import { numberAttribute, numbersAttribute, type Graph, type Node } from '../../graph/index.ts';
import { activeValues, isSmooth } from '../active.ts';
import { emitAll, typesOf } from '../emit.ts';
import { finishBody, instantiate } from '../instantiate.ts';
import { add, zerosLike } from '../ops.ts';
import { capturedBy } from '../reads.ts';
import { addInput, claim, subscope, typeOf, type Scope } from '../scope.ts';
import { fromStart, typed, type Type } from '../type.ts';
import { bodyOf } from './bodies.ts';
import type { Call, Lazy, Rule } from './rule.ts';

/** A `Scan` taken apart: `(states, sequences) → (states, stacks)`. */
interface Parts {
  readonly node: Node;
  readonly body: Graph;
  readonly states: readonly string[];
  readonly sequences: readonly string[];
  readonly inputAxes: readonly number[];
  readonly outputAxes: readonly number[];
  /** 1 where a sequence is read, or a stack written, from its end. */
  readonly inputDirections: readonly number[];
  readonly outputDirections: readonly number[];
}

function partsOf(node: Node): Parts {
  const body = bodyOf(node, 'body');
  const count = node.inputs.length - numberAttribute(node, 'num_scan_inputs', 0);
  const list = (name: string, length: number): number[] => {
    const given = numbersAttribute(node, name) ?? [];
    return Array.from({ length }, (_, index) => given[index] ?? 0);
  };
  const sequences = node.inputs.slice(count);
  const stacks = body.outputs.length - count;
  return {
    node,
    body,
    states: node.inputs.slice(0, count),
    sequences,
    inputAxes: list('scan_input_axes', sequences.length),
    outputAxes: list('scan_output_axes', stacks),
    inputDirections: list('scan_input_directions', sequences.length),
    outputDirections: list('scan_output_directions', stacks),
  };
}

/** What is known of a sequence's elements. */
function elementType(s: Scope, sequence: string, axis: number): Type {
  const { dtype, shape } = typeOf(s, sequence);
  if (shape === null) return typed(dtype, null);
  const [at] = fromStart([axis], shape.length);
  return typed(
    dtype,
    shape.filter((_, index) => index !== at),
  );
}

/**
 * The stack of a state's values before each step, which the `Scan` gives as a further output from now on.
 */
function stackOfState(s: Scope, name: string, state: number): string {
  const position = s.positions.get(name) ?? -1;
  const node = s.nodes[position];
  const { body, states, outputAxes, outputDirections } = partsOf(node);
  const own = body.inputs[state].name;
  const made = body.nodes.find(
    ({ operator, inputs, outputs }) =>
      operator === 'Identity' &&
      inputs[0] === own &&
      body.outputs.some((info, index) => index >= states.length && info.name === outputs[0]),
  );
  const outputs = body.outputs.map((_, index) => node.outputs[index] ?? '');
  let wider = body;
  let index =
    made === undefined ? -1 : body.outputs.findIndex((info) => info.name === made.outputs[0]);
  if (index < 0) {
    const before = claim(s, `${own}:before`);
    const copy = { name: claim(s, `${before}:identity`), operator: 'Identity', domain: '' };
    const { dtype, shape } = body.inputs[state];
    wider = {
      ...body,
      nodes: [...body.nodes, { ...copy, inputs: [own], outputs: [before], attributes: {} }],
      outputs: [...body.outputs, { name: before, dtype, shape }],
    };
    index = outputs.length;
  }
  if ((outputs[index] ?? '') !== '') return outputs[index];
  outputs[index] = claim(s, `${name}:states${state}`);
  const missing = wider.outputs.length - body.outputs.length;
  const zeros = Array.from({ length: missing }, () => 0);
  const after: Node = {
    ...node,
    outputs,
    attributes: {
      ...node.attributes,
      body: wider,
      scan_output_axes: [...outputAxes, ...zeros],
      scan_output_directions: [...outputDirections, ...zeros],
    },
  };
  const { dtype } = typeOf(s, states[state]);
  s.types.set(outputs[index], { ...typesOf(s, after)[index], dtype });
  s.makers.set(outputs[index], name);
  s.nodes[position] = after;
  return outputs[index];
}

/** Which states depend on the values that derivatives are asked for, in any step. */
function activeStates(
  child: Scope,
  parts: Parts,
  inner: readonly string[],
  results: readonly string[],
  others: readonly string[],
  isActive: (value: string) => boolean,
): Set<number> {
  const { states } = parts;
  const found = new Set(states.flatMap((state, index) => (isActive(state) ? [index] : [])));
  for (let before = -1; before < found.size;) {
    before = found.size;
    const active = activeValues(child, child.nodes, [
      ...[...found].map((index) => inner[index]),
      ...others,
    ]);
    for (const index of states.keys()) {
      if (active.has(results[index]) && isSmooth(child, results[index])) found.add(index);
    }
  }
  return found;
}

/**
 * The reversed `Scan`: from the last step to the first it computes the step again from the state before
 * it, and passes on the cotangent of the state, adding up those of what all steps share.
 */
function reversed(call: Call): readonly Lazy[] {
  const { scope: s, cotangents, isActive, backward } = call;
  const node = s.nodes[s.positions.get(call.node.name) ?? -1];
  const parts = partsOf(node);
  const { body, states, sequences, inputAxes, inputDirections } = parts;
  const captured = capturedBy(call.node);
  const child = subscope(s);
  const inner = body.inputs.map(({ name }, index) => {
    const type =
      index < states.length
        ? typed(typeOf(s, states[index]).dtype, typeOf(s, states[index]).shape)
        : elementType(s, sequences[index - states.length], inputAxes[index - states.length]);
    return addInput(child, name, type);
  });
  const names = new Map(body.inputs.map(({ name }, index) => [name, inner[index]]));
  const opset = s.shared.opsets[''];
  const all = instantiate(child, body, names, opset);
  const results = body.outputs.map(({ name }) => all.get(name) ?? name);
  const shared = captured.filter(isActive);
  const read = sequences.flatMap((sequence, index) =>
    isActive(sequence) ? [inner[states.length + index]] : [],
  );
  const active = activeStates(child, parts, inner, results, [...shared, ...read], isActive);
  const carried = [...active].sort((a, b) => a - b);
  const adjoint = carried.map((index) =>
    addInput(child, `${inner[index]}:cotangent`, typeOf(child, inner[index])),
  );
  const stacked = cotangents.flatMap((g, index) =>
    g !== null && index >= states.length ? [index] : [],
  );
  const slices = stacked.map((index) =>
    addInput(child, `${results[index]}:cotangent`, typeOf(child, results[index])),
  );
  const seeds = [
    ...carried.map((index, at) => [results[index], adjoint[at]] as const),
    ...stacked.map((index, at) => [results[index], slices[at]] as const),
  ];
  const wanted = [...carried.map((index) => inner[index]), ...read, ...shared];
  const found = backward(child, [...child.nodes], seeds, wanted);
  const summed = shared.filter((name) => found.has(name));
  const sums = summed.map((name) => addInput(child, 'd/sum', typeOf(s, name)));
  const ends = [
    ...carried.map((index) => found.get(inner[index]) ?? zerosLike(child, inner[index])),
    ...summed.map((name, at) => add(child, sums[at], found.get(name) ?? name)),
    ...read.map((name) => found.get(name) ?? zerosLike(child, name)),
  ];
  const written = finishBody(child, ends);
  const used = new Set(written.nodes.flatMap((each) => [...each.inputs, ...capturedBy(each)]));
  const before = [...states.keys()].filter((index) => used.has(inner[index]));
  const givenAll = [...sequences.keys()].filter((index) => used.has(inner[states.length + index]));
  const isAlone = before.length + givenAll.length + stacked.length === 0;
  const given = isAlone ? [0] : givenAll;
  const order = [
    ...adjoint,
    ...sums,
    ...before.map((index) => inner[index]),
    ...given.map((index) => inner[states.length + index]),
    ...slices,
  ];
  const inputs = order.flatMap((name) => written.inputs.filter((info) => info.name === name));
  const starts = carried.map((index) => cotangents[index] ?? zerosLike(s, states[index]));
  const outputs = emitAll(
    s,
    'Scan',
    [
      ...starts,
      ...summed.map((name) => zerosLike(s, name)),
      ...before.map((index) => stackOfState(s, node.name, index)),
      ...given.map((index) => sequences[index]),
      ...stacked.map((index) => cotangents[index] ?? ''),
    ],
    {
      body: { ...written, inputs },
      num_scan_inputs: before.length + given.length + stacked.length,
      scan_input_axes: [
        ...before.map(() => 0),
        ...given.map((index) => inputAxes[index]),
        ...stacked.map((index) => parts.outputAxes[index - states.length]),
      ],
      scan_input_directions: [
        ...before.map(() => 1),
        ...given.map((index) => 1 - inputDirections[index]),
        ...stacked.map((index) => 1 - parts.outputDirections[index - states.length]),
      ],
      ...(read.length === 0
        ? {}
        : {
            scan_output_axes: inputAxes.filter((_, index) => isActive(sequences[index])),
            scan_output_directions: inputDirections
              .filter((_, index) => isActive(sequences[index]))
              .map((direction) => 1 - direction),
          }),
    },
    ends.length,
  );
  const at = (list: readonly (number | string)[], item: number | string, from: number): Lazy => {
    const index = list.indexOf(item);
    return index < 0 ? null : () => outputs[from + index];
  };
  const sequenceStart = carried.length + summed.length;
  return [
    ...states.map((_, index) => at(carried, index, 0)),
    ...sequences.map((_, index) => at(read, inner[states.length + index], sequenceStart)),
    ...captured.map((name) => at(summed, name, carried.length)),
  ];
}

/** A loop over a sequence; its derivative is one from the end to the start. */
export const scan: Rule = { vjp: reversed };
