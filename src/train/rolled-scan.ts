import type { ValueType } from '../autodiff/index.ts';
import type { Constant, Graph, Node, ValueInfo } from '../graph/index.ts';
import { isFloat } from '../tensor/index.ts';
import type { Run } from './rolled-layers.ts';
import { stackedTensor } from './rolled-stack.ts';
import type { Wiring } from './rolled-wiring.ts';

/** A run as a loop, with the stored tensors that it stacks. */
export interface Loop {
  readonly node: Node;
  /** Stored tensors of the layers by the name of their stack. */
  readonly stacks: ReadonlyMap<string, readonly string[]>;
  /** The stacks, as stored tensors. */
  readonly constants: readonly Constant[];
}

/** What a loop is written with. */
export interface Writing {
  readonly wiring: Wiring;
  readonly types: ReadonlyMap<string, ValueType>;
  /** Whether a stored tensor that is equal in all layers may stand for all of them. */
  readonly isFixed: (constant: Constant) => boolean;
  /** A name like this one that nothing has. */
  readonly claim: (name: string) => string;
}

/** The name of a stack of tensors, by that of the first. */
function stackTitle(first: string): string {
  return `layers(${first})`;
}

function namesInLayers(
  { reads }: Wiring,
  { start, period, layers }: Run,
  offset: number,
  slot: number,
): string[] {
  return Array.from({ length: layers }, (_, layer) => reads[start + layer * period + offset][slot]);
}

/** The stored tensors of each layer by those of the first; `null` where layers use theirs in different ways. */
function ownTensors(wiring: Wiring, run: Run): ReadonlyMap<string, readonly string[]> | null {
  const own = new Map<string, readonly string[]>();
  const owners = new Map<string, string>();
  for (let offset = 0; offset < run.period; offset++) {
    for (const [slot, first] of wiring.reads[run.start + offset].entries()) {
      if (!wiring.graph.constants.has(first)) continue;
      const names = namesInLayers(wiring, run, offset, slot);
      if (names[1] === first) continue;
      const known = own.get(first);
      if (known === undefined) own.set(first, names);
      else if (known.some((name, layer) => name !== names[layer])) return null;
      for (const name of names) {
        const owner = owners.get(name) ?? first;
        if (owner !== first) return null;
        owners.set(name, owner);
      }
    }
  }
  return own;
}

function areEqual(constants: readonly Constant[]): boolean {
  const [first, ...others] = constants.map(({ read }) => read().data);
  return others.every((data) => data.every((value, index) => Object.is(value, first[index])));
}

/** The run as a `Scan`, `null` where its layers use their stored tensors in different ways. */
export function loopOf(writing: Writing, run: Run): Loop | null {
  const { wiring, types, isFixed, claim } = writing;
  const { graph } = wiring;
  const own = ownTensors(wiring, run);
  if (own === null) return null;
  const stacks = new Map<string, readonly string[]>();
  const constants: Constant[] = [];
  const slices: ValueInfo[] = [];
  for (const [first, names] of own) {
    const all = names.flatMap((name) => graph.constants.get(name) ?? []);
    const [{ dtype, shape }] = all;
    if (!isFloat(dtype) || (all.every(isFixed) && areEqual(all))) continue;
    const name = claim(stackTitle(first));
    const stored = stackedTensor(all);
    stacks.set(name, names);
    constants.push({ name, ...stored, source: 'initializer' });
    slices.push({ name: first, dtype, shape });
  }
  const states = run.states.map(({ first }) => ({
    ...infoOf(types, first),
    name: claim(`${first}:before`),
  }));
  const body = bodyOf(writing, run, states, slices);
  const sequences = [...stacks.keys()];
  if (sequences.length === 0) {
    const counter = claim(stackTitle('number'));
    const data = BigInt64Array.from({ length: run.layers }, (_, layer) => BigInt(layer));
    const tensor = { dtype: 'int64', shape: [run.layers], data } as const;
    constants.push({
      name: counter,
      dtype: 'int64',
      shape: [run.layers],
      source: 'initializer',
      read: () => tensor,
    });
    sequences.push(counter);
    slices.push({ name: claim('layer'), dtype: 'int64', shape: [] });
  }
  const node: Node = {
    name: claim(`${wiring.nodes[run.start].name}:layers`),
    operator: 'Scan',
    domain: '',
    inputs: [...run.states.map(({ initial }) => initial), ...sequences],
    outputs: run.states.map(({ last }) => last),
    attributes: {
      body: { ...body, inputs: [...states, ...slices] },
      num_scan_inputs: sequences.length,
    },
  };
  return { node, stacks, constants };
}

function infoOf(types: ReadonlyMap<string, ValueType>, name: string): ValueInfo {
  const { dtype = null, shape = null } = types.get(name) ?? {};
  return { name, dtype, shape };
}

/** One layer: the nodes of the first, which read the state in place of what the first reads. */
function bodyOf(
  { wiring, types }: Writing,
  { start, period, states: links }: Run,
  states: readonly ValueInfo[],
  slices: readonly ValueInfo[],
): Graph {
  const { graph, nodes, reads } = wiring;
  const positions = new Map(links.map(({ first }, index) => [first, index]));
  const isOwn = new Set(slices.map(({ name }) => name));
  return {
    name: `${nodes[start].name}:layer`,
    opsets: graph.opsets,
    inputs: [],
    constants: new Map(),
    values: new Map(),
    nodes: nodes.slice(start, start + period).map((node, offset): Node => {
      const inputs = node.inputs.map((name, slot) => {
        if (isOwn.has(name)) return name;
        // The second layer reads an output of the first where the first reads what comes from before.
        const state = positions.get(reads[start + period + offset][slot]);
        return state === undefined ? name : states[state].name;
      });
      const { name, operator, domain, outputs, attributes } = node;
      return { name, operator, domain, inputs, outputs, attributes };
    }),
    outputs: links.map(({ first }) => infoOf(types, first)),
  };
}
