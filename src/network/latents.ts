import { numbersAttribute, type Graph, type Node } from '../graph/index.ts';
import { isFloat } from '../tensor/index.ts';
import { breadth, COPIES, rootsOf } from './roots.ts';
import { viewOf } from './view.ts';
import { usesOf, wire, type Wiring } from './wiring.ts';

/**
 * The edges of a graph with latents counted as signal: stored tables that weights are applied to,
 * such as the queries of a decoder, or the grid of coordinates that a small network turns into
 * position biases.
 */
export function wireSignal(graph: Graph): Wiring {
  const wiring = wire(graph);
  const sources = new Set<string>();
  for (const node of graph.nodes) {
    if (!isLatentProduct(wiring, node)) continue;
    for (const output of node.outputs) sources.add(output);
    addCone(wiring, node.inputs[0], sources);
  }
  return sources.size === 0 ? wiring : wire(graph, sources);
}

const PRODUCTS = new Set(['MatMul', 'Gemm', 'FusedMatMul', 'FusedGemm', 'Conv', 'ConvTranspose']);

/** A stored matrix applied to something else that is stored, and no part of a computed weight. */
function isLatentProduct(wiring: Wiring, node: Node): boolean {
  if (!PRODUCTS.has(node.operator) || node.outputs.some((output) => wiring.isData(output))) {
    return false;
  }
  const [left, right] = node.inputs;
  const weight = viewOf(wiring, right);
  if (weight === null || breadth(weight.shape) < 2 || !isFloatValue(wiring, right)) return false;
  if (node.operator !== 'Conv' && node.operator !== 'ConvTranspose' && weight.shape.length > 2) {
    return false;
  }
  return isFloatValue(wiring, left) && !becomesWeight(wiring, node.outputs[0]);
}

function isFloatValue(wiring: Wiring, value: string): boolean {
  return rootsOf(wiring, value).some(({ parameter }) => {
    const constant = wiring.graph.constants.get(parameter);
    return constant !== undefined && isFloat(constant.dtype) && breadth(constant.shape) > 0;
  });
}

/** What a matrix may go through and stay one. */
const KEEPS_MATRIX = new Set(['Identity', 'Cast', 'Add', 'Sub', 'Mul', 'Div', 'Neg', 'Transpose']);

/** Whether a product of stored matrices ends as the weight of a layer, as a low-rank update does. */
function becomesWeight(wiring: Wiring, value: string): boolean {
  const open = [value];
  const seen = new Set<string>();
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name) || seen.size > 16) continue;
    seen.add(name);
    for (const { node, slot } of usesOf(wiring, name)) {
      if (PRODUCTS.has(node.operator) && slot === 1) {
        if (wiring.producer.get(node.inputs[0])?.operator !== 'Softmax') return true;
      }
      const perm = numbersAttribute(node, 'perm');
      const isMatrix = node.operator !== 'Transpose' || perm === null || perm.length === 2;
      if (KEEPS_MATRIX.has(node.operator) && isMatrix) open.push(node.outputs[0]);
    }
  }
  return false;
}

/** Adds what is computed on the way from the stored tables to a value that is a signal. */
function addCone(wiring: Wiring, value: string, sources: Set<string>): void {
  const open = [value];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = wiring.producer.get(name);
    if (node === undefined || sources.has(name) || !isFloatValue(wiring, name)) continue;
    if (COPIES.has(node.operator)) {
      open.push(...(node.operator === 'Concat' ? node.inputs : node.inputs.slice(0, 1)));
      continue;
    }
    for (const output of node.outputs) if (output !== '') sources.add(output);
    open.push(...node.inputs);
  }
}
