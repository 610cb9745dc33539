import {
  numberAttribute,
  numbersAttribute,
  type Dimension,
  type Graph,
  type Node,
} from '../../graph/index.ts';
import { fromStart, merged, typed, unknown, type Type } from '../type.ts';
import type { Around, Infer } from './infer.ts';

/** The types of the outputs of a subgraph whose inputs have these types. */
function bodyTypes(body: Graph, inputs: readonly Type[], around: Around): Type[] {
  const types = new Map<string, Type>();
  for (const [index, info] of body.inputs.entries()) {
    types.set(info.name, merged(inputs[index] ?? unknown, typed(info.dtype, info.shape)));
  }
  for (const [name, { dtype, shape }] of body.constants) types.set(name, typed(dtype, shape));
  const typeOf = (name: string): Type => types.get(name) ?? around.typeOf(name);
  const inside: Around = { typeOf, infer: around.infer };
  for (const node of body.nodes) {
    const found = around.infer(node, node.inputs.map(typeOf), inside);
    for (const [index, output] of node.outputs.entries()) {
      const declared = body.values.get(output);
      const type = found[index] ?? unknown;
      types.set(
        output,
        declared === undefined ? type : merged(type, typed(declared.dtype, declared.shape)),
      );
    }
  }
  return body.outputs.map((info) => merged(typeOf(info.name), typed(info.dtype, info.shape)));
}

function without(shape: readonly Dimension[] | null, axis: number): readonly Dimension[] | null {
  if (shape === null) return null;
  const [at] = fromStart([axis], shape.length);
  return shape.filter((_, index) => index !== at);
}

const scan: Infer = (node, inputs, around) => {
  const { body } = node.attributes;
  if (typeof body !== 'object' || !('nodes' in body)) return node.outputs.map(() => unknown);
  const count = numberAttribute(node, 'num_scan_inputs', 0);
  const states = inputs.length - count;
  const axes = numbersAttribute(node, 'scan_input_axes');
  const steps = inputs.slice(states).map((input, index) => {
    const axis = axes?.[index] ?? 0;
    const { shape } = input;
    return shape === null ? null : (shape[fromStart([axis], shape.length)[0]] ?? null);
  });
  const length = steps.find((step) => step !== null) ?? null;
  const inner = inputs.map((input, index) =>
    index < states
      ? typed(input.dtype, input.shape)
      : typed(input.dtype, without(input.shape, axes?.[index - states] ?? 0)),
  );
  const results = bodyTypes(body, inner, around);
  const outAxes = numbersAttribute(node, 'scan_output_axes');
  return results.map((type, index) => {
    if (index < states) return merged(typed(inputs[index].dtype, inputs[index].shape), type);
    if (type.shape === null) return typed(type.dtype, null);
    const rank = type.shape.length + 1;
    const [axis] = fromStart([outAxes?.[index - states] ?? 0], rank);
    return typed(type.dtype, [...type.shape.slice(0, axis), length, ...type.shape.slice(axis)]);
  });
};

/** Whether no condition ends a loop before its trips are made, as far as is seen. */
function makesAllTrips(node: Node, body: Graph, given: Type | undefined, around: Around): boolean {
  if (given?.value?.[0] !== 1 && (node.inputs[1] ?? '') !== '') return false;
  let { name } = body.outputs[0];
  for (;;) {
    if (name === body.inputs[1].name || around.typeOf(name).value?.[0] === 1) return true;
    const maker = body.nodes.find(({ outputs }) => outputs.includes(name));
    if (maker?.operator !== 'Identity') return false;
    [name] = maker.inputs;
  }
}

const loop: Infer = (node, inputs, around) => {
  const { body } = node.attributes;
  if (typeof body !== 'object' || !('nodes' in body)) return node.outputs.map(() => unknown);
  const states = inputs.slice(2);
  const inner = [
    typed('int64', []),
    typed('bool', []),
    ...states.map(({ dtype }) => typed(dtype, null)),
  ];
  const [, ...results] = bodyTypes(body, inner, around);
  const isWhole = makesAllTrips(node, body, inputs[1], around);
  const trips = isWhole ? (inputs[0]?.value?.[0] ?? null) : null;
  return results.map((type, index) => {
    if (index < states.length) return typed(states[index].dtype ?? type.dtype, null);
    return typed(type.dtype, type.shape === null ? null : [trips, ...type.shape]);
  });
};

const branch: Infer = (node, [condition], around) => {
  const known = condition.value?.[0];
  const names = ['then_branch', 'else_branch'];
  const possible = known === undefined ? names : [names[known === 0 ? 1 : 0]];
  const branches = possible.flatMap((name) => {
    const graph = node.attributes[name];
    return typeof graph === 'object' && 'nodes' in graph ? [bodyTypes(graph, [], around)] : [];
  });
  return node.outputs.map((__, index) => {
    const [a, b = a] = branches.map((types) => types[index] ?? unknown);
    if (a === undefined) return unknown;
    const isAlike = a.shape !== null && b.shape !== null && a.shape.length === b.shape.length;
    const shape = isAlike
      ? (a.shape?.map((extent, axis) => (extent === b.shape?.[axis] ? extent : null)) ?? null)
      : null;
    return typed(a.dtype ?? b.dtype, shape);
  });
};

/** Operators with subgraphs. */
export const control: Readonly<Record<string, Infer>> = { Scan: scan, Loop: loop, If: branch };
