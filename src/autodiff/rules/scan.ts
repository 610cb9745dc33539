import { numberAttribute, numbersAttribute, type Graph, type Node } from '../../graph/index.ts';
import { activeValues, isSmooth } from '../active.ts';
import { emitAll, furtherOutput, typesOf } from '../emit.ts';
import { finishBody, instantiate, type Names } from '../instantiate.ts';
import { add, zerosLike } from '../ops.ts';
import { capturedBy, readsOf } from '../reads.ts';
import { addInput, claim, needed, subscope, typeOf, type Scope } from '../scope.ts';
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

/** Operators whose results are kept for the way back, since it would take long to make them again. */
const products: ReadonlySet<string> = new Set([
  'Conv',
  'ConvTranspose',
  'Einsum',
  'Gemm',
  'MatMul',
]);

/** The position of a stack that a body gives of a value from the first step on, -1 if it gives none. */
function stackPosition(parts: Parts, value: string): number {
  const { body, states, outputAxes, outputDirections } = parts;
  const copies = new Set([value]);
  for (const { operator, inputs, outputs } of body.nodes) {
    if (operator === 'Identity' && inputs[0] === value) copies.add(outputs[0]);
  }
  return body.outputs.findIndex(({ name }, index) => {
    const stack = index - states.length;
    if (stack < 0 || outputAxes[stack] !== 0 || outputDirections[stack] !== 0) return false;
    return copies.has(name);
  });
}

/** A body that also gives a value of each step. */
function withStack(s: Scope, body: Graph, value: string, type: Type): Graph {
  const { dtype, shape } = type;
  const isInput = body.inputs.some(({ name }) => name === value);
  if (!isInput && body.outputs.every(({ name }) => name !== value)) {
    return { ...body, outputs: [...body.outputs, { name: value, dtype, shape }] };
  }
  const output = claim(s, `${value}:${isInput ? 'before' : 'after'}`);
  const copy = { name: claim(s, `${output}:identity`), operator: 'Identity', domain: '' };
  return {
    ...body,
    nodes: [...body.nodes, { ...copy, inputs: [value], outputs: [output], attributes: {} }],
    outputs: [...body.outputs, { name: output, dtype, shape }],
  };
}

/** The stack of a value in a body, one for each step, which the `Scan` gives as a further output from now on. */
function stackOf(s: Scope, name: string, value: string, type: Type): string {
  const position = s.positions.get(name) ?? -1;
  const node = s.nodes[position];
  const parts = partsOf(node);
  const outputs = parts.body.outputs.map((_, index) => node.outputs[index] ?? '');
  const known = stackPosition(parts, value);
  const body = known < 0 ? withStack(s, parts.body, value, type) : parts.body;
  const index = known < 0 ? outputs.length : known;
  if ((outputs[index] ?? '') !== '') return outputs[index];
  outputs[index] = claim(s, `${name}:${value}`);
  const more = known < 0 ? [0] : [];
  const after: Node = {
    ...node,
    outputs,
    attributes: {
      ...node.attributes,
      body,
      scan_output_axes: [...parts.outputAxes, ...more],
      scan_output_directions: [...parts.outputDirections, ...more],
    },
  };
  s.types.set(outputs[index], { ...typesOf(s, after)[index], dtype: type.dtype });
  s.makers.set(outputs[index], name);
  s.nodes[position] = after;
  return outputs[index];
}

/** The last value of a state, which the `Scan` gives from now on if nobody asked for it before. */
function lastState(s: Scope, name: string, state: number): string {
  const node = s.nodes[s.positions.get(name) ?? -1];
  const given = node.outputs[state] ?? '';
  if (given !== '') return given;
  const output = furtherOutput(s, node, state);
  s.makers.set(output, name);
  return output;
}

/** What the nodes read that these results need. */
function readFor(child: Scope, ends: readonly string[]): ReadonlySet<string> {
  return new Set(needed(child.nodes, ends).flatMap(readsOf));
}

/** The states whose values after a step are read on the way back through it, and made in it. */
function laterStates(
  child: Scope,
  results: readonly string[],
  states: number,
  ends: readonly string[],
): number[] {
  const read = readFor(child, ends);
  return results.slice(0, states).flatMap((result, index) => {
    const isFirst = results.indexOf(result) === index;
    return isFirst && child.makers.has(result) && read.has(result) ? [index] : [];
  });
}

/** The products of a body that are read on the way back, by their names in it. */
function keptProducts(
  child: Scope,
  body: Graph,
  names: Names,
  ends: readonly string[],
): readonly string[] {
  const read = readFor(child, ends);
  const seen = new Set<string>();
  return body.nodes.flatMap(({ operator, outputs: [output] }) => {
    const own = names.get(output) ?? output;
    if (!products.has(operator) || !read.has(own) || seen.has(own)) return [];
    seen.add(own);
    return [output];
  });
}

/** An input that is read from now on where a value was. */
function inputInPlaceOf(child: Scope, value: string, title: string): string {
  const input = addInput(child, `${value}:${title}`, typeOf(child, value));
  for (const [position, node] of child.nodes.entries()) {
    if (!node.inputs.includes(value)) continue;
    const inputs = node.inputs.map((name) => (name === value ? input : name));
    child.nodes[position] = { ...node, inputs };
  }
  return input;
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
 * The reversed `Scan`: from the last step to the first it passes on the cotangent of the state, adding up those of
 * what all steps share. The forward `Scan` keeps the state before every step and the products that are needed; the
 * state after a step is the one before the next. What else is needed is computed again.
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
  const later = laterStates(child, results, states.length, ends);
  const afters = later.map((index) => inputInPlaceOf(child, results[index], 'after'));
  const kept = keptProducts(child, body, all, ends);
  const keptTypes = kept.map((name) => typeOf(child, all.get(name) ?? name));
  const again = kept.map((name) => inputInPlaceOf(child, all.get(name) ?? name, 'kept'));
  const sequenceStart = carried.length + summed.length + later.length;
  const written = finishBody(child, [
    ...ends.slice(0, carried.length + summed.length),
    ...later.map((index) => inner[index]),
    ...ends.slice(carried.length + summed.length),
  ]);
  const used = new Set(written.nodes.flatMap((each) => [...each.inputs, ...capturedBy(each)]));
  const before = [...states.keys()].filter((index) => used.has(inner[index]));
  const givenAll = [...sequences.keys()].filter((index) => used.has(inner[states.length + index]));
  const isAlone = before.length + givenAll.length + stacked.length + kept.length === 0;
  const given = isAlone ? [0] : givenAll;
  const order = [
    ...adjoint,
    ...sums,
    ...afters,
    ...before.map((index) => inner[index]),
    ...given.map((index) => inner[states.length + index]),
    ...slices,
    ...again,
  ];
  const inputs = order.flatMap((name) => written.inputs.filter((info) => info.name === name));
  const starts = carried.map((index) => cotangents[index] ?? zerosLike(s, states[index]));
  const outputs = emitAll(
    s,
    'Scan',
    [
      ...starts,
      ...summed.map((name) => zerosLike(s, name)),
      ...later.map((index) => lastState(s, node.name, index)),
      ...before.map((index) =>
        stackOf(s, node.name, body.inputs[index].name, typeOf(child, inner[index])),
      ),
      ...given.map((index) => sequences[index]),
      ...stacked.map((index) => cotangents[index] ?? ''),
      ...kept.map((name, index) => stackOf(s, node.name, name, keptTypes[index])),
    ],
    {
      body: { ...written, inputs },
      num_scan_inputs: before.length + given.length + stacked.length + kept.length,
      scan_input_axes: [
        ...before.map(() => 0),
        ...given.map((index) => inputAxes[index]),
        ...stacked.map((index) => parts.outputAxes[index - states.length]),
        ...kept.map(() => 0),
      ],
      scan_input_directions: [
        ...before.map(() => 1),
        ...given.map((index) => 1 - inputDirections[index]),
        ...stacked.map((index) => 1 - parts.outputDirections[index - states.length]),
        ...kept.map(() => 1),
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
    ends.length + later.length,
  );
  const at = (list: readonly (number | string)[], item: number | string, from: number): Lazy => {
    const index = list.indexOf(item);
    return index < 0 ? null : () => outputs[from + index];
  };
  return [
    ...states.map((_, index) => at(carried, index, 0)),
    ...sequences.map((_, index) => at(read, inner[states.length + index], sequenceStart)),
    ...captured.map((name) => at(summed, name, carried.length)),
  ];
}

/** A loop over a sequence; its derivative is one from the end to the start. */
export const scan: Rule = { vjp: reversed };
