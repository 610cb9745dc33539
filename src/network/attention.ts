import { numberAttribute, textAttribute, type Node } from '../graph/index.ts';
import { joined, outputsAlong, type Run } from './columns.ts';
import type { Layer, Operand, OperandBlock } from './layer.ts';
import { isNormalisation, NORM_SLOTS } from './norms.ts';
import type { Role } from './parameter.ts';
import { COPIES } from './roots.ts';
import { dataInputs, usesOf, type Wiring } from './wiring.ts';

/** Operators between a projection and the products of attention that keep what it projects. */
const KEEPS = new Set([
  ...COPIES,
  'Mul',
  'Div',
  'Add',
  'Sub',
  'Neg',
  'Where',
  'IsNaN',
  'Clip',
  'Max',
  'RotaryEmbedding',
  'Sqrt',
]);

/** The parts of attention in the order in which they are packed. */
const PARTS = ['query', 'key', 'value'] as const;
type Part = (typeof PARTS)[number];

/** What attention reads of one layer: the outputs that become queries, keys and values. */
interface Reading {
  readonly runs: Map<Part, readonly Run[]>;
  /** How a value that is all three at once is divided; `null` if not into three runs. */
  readonly shares: readonly number[] | null;
}

/** One attention: the layers around it, where each part has one. */
export interface Core {
  readonly query: Layer | null;
  readonly key: Layer | null;
  readonly value: Layer | null;
  readonly output: Layer | null;
  /** Heads of the queries, of which each has a key of its own; `null` where that is not known. */
  readonly heads: number | null;
}

/** What is known of the attention in a graph. */
export interface AttentionFindings {
  /** The first operand of each layer of attention, with its role and the boxes of its projections. */
  readonly operands: ReadonlyMap<Layer, Operand>;
  readonly cores: readonly Core[];
}

/** What has to be known of a graph to find its attention. */
export interface AttentionContext {
  readonly wiring: Wiring;
  readonly layerOf: ReadonlyMap<Node, Layer>;
  readonly layerAt: ReadonlyMap<string, Layer>;
  /** Sums at which a residual branch ends: no projection lies beyond. */
  readonly sums: ReadonlySet<Node>;
}

/**
 * The layers of attention in a graph with their roles and the boxes of each projection.
 * Attention `softmax(q kᵀ) v` is a `Softmax` between two products of data, or a fused operator; q, k and
 * v are followed back, and the result forward, to the layers that project them. A layer that gives
 * more than one of the three is packed.
 */
export function withAttention(
  context: AttentionContext,
  layers: readonly Layer[],
): AttentionFindings {
  const readings = new Map<Layer, Reading>();
  const operands = new Map<Layer, Operand>();
  const cores: Core[] = [];
  for (const node of context.wiring.graph.nodes) {
    const site = siteAt(context.wiring, node);
    if (site === null) continue;
    const walks = PARTS.map((part) => note(context, readings, site, part));
    const [query, key, value] = walks;
    const output = outputProjection(context, site.result);
    const fused = context.layerOf.get(node) ?? null;
    cores.push({
      query: query.layer ?? fused,
      key: key.layer ?? fused,
      value: value.layer ?? fused,
      output,
      heads: headsOf(context, site, walks),
    });
    if (output !== null) operands.set(output, { ...output.operands[0], role: 'attention_output' });
  }
  for (const layer of layers) {
    const reading = readings.get(layer);
    if (reading !== undefined) operands.set(layer, projection(layer.operands[0], reading));
  }
  return { operands, cores };
}

/** Heads by the width of one where queries and keys meet, or by what the operator says. */
function headsOf(
  { wiring }: AttentionContext,
  site: Site,
  walks: readonly Walked[],
): number | null {
  const [query, key] = walks;
  if (site.heads !== null) return site.heads;
  const last = wiring.graph.values.get(site.query ?? '')?.shape?.at(-1);
  const width = query.headWidth ?? key.headWidth ?? (typeof last === 'number' ? last : null);
  if (query.layer === null || key.layer === null || width === null) return null;
  // A layer of which several parts read the whole is divided among them in a way that was not followed.
  const [own, other] = [query, key].map((walk) => {
    const isWhole = walk.layer !== null && walk.width === outputsOf(walk.layer);
    const sharing = walks.filter(({ layer }) => layer === walk.layer);
    return isWhole ? walk.width / sharing.length : walk.width;
  });
  const heads = own / width;
  return own === other && Number.isInteger(heads) && heads > 0 ? heads : null;
}

function outputsOf({ operands: [{ layout, view }] }: Layer): number {
  return view.shape[layout.indexOf('out')];
}

function projection(operand: Operand, reading: Reading): Operand {
  const parts = PARTS.filter((part) => reading.runs.has(part));
  const axis = operand.layout.indexOf('out');
  const isSimple = operand.layout.filter((role) => role === 'out').length === 1;
  const [first] = parts;
  if (parts.length === 1) return { ...operand, role: `attention_${first}` };
  const outputs = operand.view.shape[axis];
  let runs = parts.map((part) => reading.runs.get(part) ?? []);
  const isWhole = runs.every((list) => list.length === 1 && list[0].length === outputs);
  if (isWhole && parts.length === PARTS.length) runs = divided(outputs, reading.shares) ?? runs;
  const total = runs.flat().reduce((sum, { length }) => sum + length, 0);
  const covered = joined(runs.flat()).reduce((sum, { length }) => sum + length, 0);
  const role: Role = 'attention_packed';
  if (!isSimple || total !== covered || runs.flat().length > MOST_BLOCKS) {
    return { ...operand, role, blocks: [] };
  }
  const blocks = parts.flatMap((part, index) =>
    runs[index].map(({ start, length }, run): OperandBlock => {
      const at = operand.view.shape.map((_, i) => (i === axis ? start : 0));
      const size = runs[index].reduce((sum, piece) => sum + piece.length, 0);
      return {
        name: runs[index].length === 1 ? part : `${part}/${run}`,
        start: at,
        shape: operand.view.shape.with(axis, length),
        fanOut: size,
      };
    }),
  );
  return { ...operand, role, blocks, fanOut: blocks[0].fanOut ?? operand.fanOut };
}

function divided(outputs: number, shares: readonly number[] | null): Run[][] | null {
  const total = shares?.reduce((sum, share) => sum + share, 0) ?? 0;
  if (shares === null || total === 0 || outputs % total !== 0) return null;
  let start = 0;
  return shares.map((share) => {
    const run = { start, length: (share * outputs) / total };
    start += run.length;
    return [run];
  });
}

/** More boxes than this (heads, mostly) are not listed one by one. */
const MOST_BLOCKS = 512;

interface Site {
  readonly query: string | undefined;
  readonly key: string | undefined;
  readonly value: string | undefined;
  readonly result: string;
  readonly shares: readonly number[] | null;
  /** As the operator says; `null` where it is for the axes to say. */
  readonly heads: number | null;
}

const EQUAL = [1, 1, 1];

const PRODUCTS = new Set(['MatMul', 'Einsum', 'FusedMatMul']);

function isDataProduct(wiring: Wiring, node: Node): boolean {
  return PRODUCTS.has(node.operator) && node.inputs.every((input) => wiring.isData(input));
}

/** Operators that are attention without its projections. */
const FUSED: ReadonlySet<string> = new Set([
  'MultiHeadAttention',
  'GroupQueryAttention',
  'PackedMultiHeadAttention',
]);

function siteAt(wiring: Wiring, node: Node): Site | null {
  if (FUSED.has(node.operator) || (node.operator === 'Attention' && node.domain === '')) {
    const [query, key = '', value = ''] = node.inputs;
    const isPacked = key === '' && value === '';
    const heads = numberAttribute(node, 'num_heads', 1);
    const groups = numberAttribute(node, 'kv_num_heads', heads);
    return {
      shares: node.operator === 'GroupQueryAttention' ? [heads, groups, groups] : null,
      query,
      key: isPacked ? query : key,
      value: isPacked ? query : value === '' ? key : value,
      result: node.outputs[0],
      heads: groups === heads && node.attributes['num_heads'] !== undefined ? heads : null,
    };
  }
  if (node.operator === 'Attention') {
    const heads = numberAttribute(node, 'num_heads', 1);
    return { query: '', key: '', value: '', result: node.outputs[0], shares: null, heads };
  }
  if (node.operator !== 'Softmax') return null;
  const product = productAfter(wiring, node.outputs[0]);
  const scores = scoresBefore(wiring, node.inputs[0]);
  if (product === null || scores === null) return null;
  const value = product.node.inputs[1 - product.slot];
  const [query, key] = queryAndKey(scores);
  return { query, key, value, result: product.node.outputs[0], shares: EQUAL, heads: null };
}

/** Steps between a softmax and its products: masks, scales, casts, guards against empty rows. */
const NEAR = 12;

/**
 * The operands of the scores. The softmax runs over the last axis, which belongs to the keys: in an
 * `Einsum` the operand that has the last letter of the result.
 */
function queryAndKey(scores: Node): readonly string[] {
  const [left, right] = scores.inputs;
  const equation = textAttribute(scores, 'equation', '').replaceAll(/\s/g, '');
  const last = equation.at(-1);
  const keysFirst = last !== undefined && equation.split(',')[0].includes(last);
  return keysFirst ? [right, left] : [left, right];
}

/** The product of data that reads the softmax. */
function productAfter(wiring: Wiring, value: string): { node: Node; slot: number } | null {
  let frontier = [value];
  for (let steps = 0; steps < NEAR && frontier.length > 0; steps++) {
    const next: string[] = [];
    for (const name of frontier) {
      for (const use of usesOf(wiring, name)) {
        if (isDataProduct(wiring, use.node)) return use;
        if (KEEPS.has(use.node.operator)) next.push(use.node.outputs[0]);
      }
    }
    frontier = [...new Set(next)];
  }
  return null;
}

/** The product of queries and keys behind the softmax's input. */
function scoresBefore(wiring: Wiring, value: string): Node | null {
  let frontier = [value];
  for (let steps = 0; steps < NEAR && frontier.length > 0; steps++) {
    const next: string[] = [];
    for (const name of frontier) {
      const node = wiring.producer.get(name);
      if (node === undefined) continue;
      if (isDataProduct(wiring, node)) return node;
      if (KEEPS.has(node.operator) || node.operator === 'Tanh') {
        next.push(...dataInputs(wiring, node));
      }
    }
    frontier = [...new Set(next)];
  }
  return null;
}

/** Nodes between a projection and a product, and ways to walk them. */
const FAR = 24;
const MOST_PATHS = 64;

/** The one layer that a walk came to, `null` if there are several or none. */
interface Walked {
  readonly layer: Layer | null;
  /** How many of its outputs are read, and how many of those are one head, as far as that is known. */
  readonly width: number;
  readonly headWidth: number | null;
}

const NOWHERE: Walked = { layer: null, width: 0, headWidth: null };

/** Follows a value back on every way to the layers that project it. */
function note(
  context: AttentionContext,
  readings: Map<Layer, Reading>,
  site: Site,
  part: Part,
): Walked {
  const value = site[part];
  const found: Walked[] = [];
  if (value === undefined || value === '') return NOWHERE;
  let paths = 0;
  const walk = (name: string, path: readonly Node[], values: readonly string[]): void => {
    if (paths >= MOST_PATHS) return;
    const node = context.wiring.producer.get(name);
    const layer = context.layerAt.get(name) ?? (node && context.layerOf.get(node));
    if (layer !== undefined) {
      paths += 1;
      if (!isProjection(layer)) return;
      const reading = readings.get(layer) ?? { runs: new Map(), shares: site.shares };
      readings.set(layer, reading);
      const { runs, width: headWidth } = outputsAlong(context.wiring, layer, path, values);
      const width = runs.reduce((sum, { length }) => sum + length, 0);
      found.push({ layer, width, headWidth });
      reading.runs.set(part, joined([...(reading.runs.get(part) ?? []), ...runs]));
      return;
    }
    const isFar = path.length === FAR;
    if (isFar || node === undefined || context.sums.has(node) || !keeps(context.wiring, node)) {
      paths += 1;
      return;
    }
    for (const input of inputsOf(context.wiring, node)) {
      walk(input, [node, ...path], [name, ...values]);
    }
  };
  walk(value, [], []);
  const [first = NOWHERE] = found;
  return found.every(({ layer }) => layer === first.layer) ? first : NOWHERE;
}

function keeps(wiring: Wiring, node: Node): boolean {
  return KEEPS.has(node.operator) || isNormalisation(wiring, node);
}

/** The inputs that carry a signal on: not indices, conditions or the statistics of a normalisation. */
function inputsOf(wiring: Wiring, node: Node): string[] {
  const isWhole = NORM_SLOTS[node.operator] !== undefined || node.operator === 'RotaryEmbedding';
  const first = COPIES.has(node.operator) && node.operator !== 'Concat';
  const inputs = isWhole || first ? node.inputs.slice(0, 1) : node.inputs;
  const signals = node.operator === 'Where' ? inputs.slice(1) : inputs;
  return [...new Set(signals)].filter((input) => wiring.isData(input));
}

function outputProjection(context: AttentionContext, value: string): Layer | null {
  let frontier = [value];
  for (let steps = 0; steps < FAR && frontier.length > 0; steps++) {
    const next: string[] = [];
    for (const name of frontier) {
      for (const { node } of usesOf(context.wiring, name)) {
        const layer = context.layerOf.get(node);
        if (layer !== undefined) return isProjection(layer) ? layer : null;
        if (!context.sums.has(node) && KEEPS.has(node.operator)) next.push(node.outputs[0]);
      }
    }
    frontier = [...new Set(next)];
  }
  return null;
}

/** Attention projects by dense maps and by convolutions. */
function isProjection(layer: Layer): boolean {
  const { role } = layer.operands[0];
  return role === 'dense' || role === 'conv';
}
