import type { ValueType } from '../autodiff/index.ts';
import type { Attribute, Constant, Graph, Node } from '../graph/index.ts';
import { isFloat, sizeOf } from '../tensor/index.ts';
import type { Wiring } from './rolled-wiring.ts';

/** Longest stored list that is compared number by number. */
const longest = 64;

function textOf(value: Attribute): string {
  if (typeof value !== 'object') return JSON.stringify(value);
  if ('dtype' in value) {
    return `${value.dtype}[${value.shape.join()}]${Array.from(value.data, String).join()}`;
  }
  return JSON.stringify(value);
}

function hasSubgraph({ attributes }: Node): boolean {
  return Object.values(attributes).some((value) => {
    if (typeof value !== 'object') return false;
    if ('nodes' in value) return true;
    return Array.isArray(value) && value.some((item) => typeof item === 'object');
  });
}

/** What a stored tensor must have in common in equal layers: a float its shape, others their numbers too. */
function constantKind({ name, dtype, shape, read }: Constant): string {
  if (isFloat(dtype)) return `${dtype}[${shape.join()}]`;
  const content = sizeOf(shape) <= longest ? Array.from(read().data, String).join() : name;
  return `${dtype}[${shape.join()}]=${content}`;
}

function typeText(type: ValueType | undefined): string {
  return type === undefined ? '?' : `${type.dtype}[${type.shape?.join() ?? '?'}]`;
}

/**
 * A number for every node that nodes have in common which do the same: operator, attributes, shapes of stored
 * tensors and of results. A node with subgraphs is like no other.
 */
export function kindsOf(
  { graph, nodes, reads }: Wiring,
  types: ReadonlyMap<string, ValueType>,
): Int32Array {
  const numbers = new Map<string, number>();
  const kinds = new Int32Array(nodes.length);
  for (const [position, node] of nodes.entries()) {
    const inputs = reads[position].map((name) => inputKind(graph, name));
    const attributes = Object.entries(node.attributes)
      .filter(([, value]) => !hasSubgraph(node) || typeof value !== 'object')
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${name}=${textOf(value)}`);
    const outputs = node.outputs.map((name) => (name === '' ? '' : typeText(types.get(name))));
    const own = hasSubgraph(node) ? node.name : '';
    const text = JSON.stringify([node.domain, node.operator, own, inputs, attributes, outputs]);
    const known = numbers.get(text) ?? numbers.size;
    numbers.set(text, known);
    kinds[position] = known;
  }
  return kinds;
}

function inputKind(graph: Graph, name: string): string {
  if (name === '') return '';
  const constant = graph.constants.get(name);
  return constant === undefined ? 'value' : constantKind(constant);
}
