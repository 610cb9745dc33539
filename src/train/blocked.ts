import { readsOf, valueTypes } from '../autodiff/index.ts';
import {
  numbersAttribute,
  type Attribute,
  type Constant,
  type Graph,
  type Node,
  type ValueInfo,
} from '../graph/index.ts';
import { imageExtents, writeByChannel, writeOverPlaces } from './blocked-channels.ts';
import { isElementwise, readsNumbers } from './blocked-elementwise.ts';
import { fused } from './blocked-fusion.ts';
import { writeNormalization } from './blocked-normalization.ts';
import { writeRows } from './blocked-rows.ts';
import {
  DOMAIN,
  integers,
  needBlocked,
  needPlain,
  plainNode,
  type Types,
  type Writing,
} from './blocked-writing.ts';

/**
 * The graph with its two-dimensional convolutions of whole blocks of channels, in loops too, in onnxruntime's operators
 * for channels in blocks of `block`, which take half the time; elementwise operators between them stay in blocks. The
 * kernels, which a step of training changes, are put in blocks where they are used. A `block` of 1 changes nothing.
 *
 * Reference: Georganas et al. 2018, arXiv:1808.05567.
 */
export function inBlocks(graph: Graph, block: number): Graph {
  if (block <= 1) return graph;
  const constants = new Map(graph.constants);
  const written = rewritten(graph, block, new Map(), constants);
  return written === null
    ? graph
    : { ...written, constants, opsets: { ...graph.opsets, [DOMAIN]: 1 } };
}

/** Types of the values of a graph, and of those around it. */
function typesOf(graph: Graph, around: Types): Types {
  const own = new Set([
    ...graph.inputs.map(({ name }) => name),
    ...graph.constants.keys(),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ]);
  const captured: ValueInfo[] = [];
  for (const name of new Set(graph.nodes.flatMap((node) => readsOf(node)))) {
    const type = around.get(name);
    if (own.has(name) || type === undefined) continue;
    captured.push({ name, dtype: type.dtype, shape: type.shape });
  }
  const found = valueTypes({ ...graph, inputs: [...graph.inputs, ...captured] });
  return new Map([...around, ...found]);
}

/** The nodes that read a value; `null` stands for an output of the graph. */
function readersOf(graph: Graph): ReadonlyMap<string, readonly (Node | null)[]> {
  const readers = new Map<string, (Node | null)[]>();
  const note = (name: string, node: Node | null): void => {
    const before = readers.get(name);
    if (before === undefined) readers.set(name, [node]);
    else before.push(node);
  };
  for (const node of graph.nodes) for (const name of readsOf(node)) note(name, node);
  for (const { name } of graph.outputs) note(name, null);
  return readers;
}

/** What else is written in blocks, or from them, where it can be. */
const writers = [writeRows, writeByChannel, writeOverPlaces, writeNormalization] as const;

/** The graph in blocks, `null` where nothing is to be done. */
function rewritten(
  graph: Graph,
  block: number,
  around: Types,
  constants: Map<string, Constant>,
): Graph | null {
  const types = typesOf(graph, around);
  const w: Writing = {
    block,
    types,
    nodes: [],
    constants,
    plain: new Set(),
    blocked: new Map(),
    makers: new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node]))),
    kernels: new Map(),
    readers: readersOf(graph),
  };
  let isChanged = false;
  for (const node of graph.nodes) {
    if (isBlockable(w, node)) {
      convolve(w, node);
      isChanged = true;
    } else if (writers.some((write) => write(w, node))) {
      isChanged = true;
    } else if (staysBlocked(w, node)) {
      elementwise(w, node);
    } else {
      const inputs = node.inputs.map((name, index) =>
        readsNumbers(node, index) || w.plain.has(name) ? name : (w.blocked.get(name) ?? name),
      );
      const reading = { ...node, inputs };
      for (const name of readsOf(reading)) needPlain(w, name);
      const inside = withBodies(reading, (body) => rewritten(body, block, types, constants));
      isChanged ||= inside !== reading;
      w.nodes.push(inside);
      for (const name of node.outputs) w.plain.add(name);
    }
  }
  for (const { name } of graph.outputs) needPlain(w, name);
  return isChanged ? fused({ ...graph, nodes: w.nodes }, new Set(w.blocked.values())) : null;
}

/** The node with its subgraphs changed; the node itself where none is. */
function withBodies(node: Node, change: (body: Graph) => Graph | null): Node {
  let isChanged = false;
  const changed = (value: Attribute): Attribute => {
    if (typeof value !== 'object' || !('nodes' in value)) return value;
    const body = change(value);
    if (body === null) return value;
    isChanged = true;
    return body;
  };
  const attributes = Object.fromEntries(
    Object.entries(node.attributes).map(([name, value]) => [name, changed(value)]),
  );
  return isChanged ? { ...node, attributes } : node;
}

/** The extents of a kernel [M, C, h, w] if they are known. */
function kernelShape(w: Writing, name: string): readonly number[] | null {
  const { dtype = null, shape = null } = w.types.get(name) ?? {};
  const known = shape?.filter((extent) => typeof extent === 'number') ?? [];
  return dtype === 'float32' && known.length === 4 && shape?.length === 4 ? known : null;
}

function isBlockable(w: Writing, { operator, domain, inputs, attributes }: Node): boolean {
  if (operator !== 'Conv' || domain !== '') return false;
  const { group = 1, auto_pad: auto = 'NOTSET' } = attributes;
  if (group !== 1 || auto !== 'NOTSET') return false;
  const shape = kernelShape(w, inputs[1]);
  if (shape === null || shape[0] % w.block !== 0) return false;
  return shape[1] % w.block === 0 || shape[1] < w.block;
}

/** Whether an elementwise node has what it reads in blocks, or can have it so where a part of it is and all is read in blocks. */
function staysBlocked(w: Writing, node: Node): boolean {
  if (!isElementwise(node)) return false;
  const isNumber = (name: string): boolean => w.types.get(name)?.shape?.length === 0;
  const images = node.inputs.filter(
    (name, index) => name !== '' && !isNumber(name) && readsNumbers(node, index),
  );
  // Images that are broadcast over the batch are so in blocks too.
  const shapeOf = (name: string): string =>
    JSON.stringify(w.types.get(name)?.shape?.slice(1) ?? null);
  const { dtype = null, shape = null } = w.types.get(node.outputs[0]) ?? {};
  if (dtype === null || typeof shape?.[1] !== 'number') return false;
  if (images.some((name) => shapeOf(name) !== shapeOf(images[0]))) return false;
  const others = images.filter((name) => !w.blocked.has(name));
  if (others.length === 0) return images.length > 0;
  const isMixed = others.length < images.length;
  return (
    isMixed && others.every((name) => imageExtents(w, name) !== null) && isReadInBlocks(w, node)
  );
}

/** Operators that take an image in blocks, besides those that are blocked or elementwise by themselves. */
const BY_CHANNEL: ReadonlySet<string> = new Set([
  'BatchNormalization',
  'GlobalAveragePool',
  'ReduceMean',
  'ReduceSum',
  'Size',
]);

/** Whether all that reads what a node makes may do so in blocks. */
function isReadInBlocks(w: Writing, { outputs: [output] }: Node): boolean {
  const readers = w.readers.get(output) ?? [];
  return readers.every(
    (node) =>
      node !== null &&
      (isElementwise(node) || isBlockable(w, node) || BY_CHANNEL.has(node.operator)),
  );
}

function elementwise(w: Writing, node: Node): void {
  const isImage = (name: string): boolean => (w.types.get(name)?.shape?.length ?? 0) > 0;
  const inputs = node.inputs.map((name, index) =>
    name !== '' && isImage(name) && readsNumbers(node, index)
      ? needBlocked(w, name)
      : (w.blocked.get(name) ?? name),
  );
  const [output] = node.outputs;
  const own = `${output}:blocked`;
  w.nodes.push({ ...node, inputs, outputs: [own] });
  w.blocked.set(output, own);
}

/**
 * A kernel [M, C, h, w] as [M/b, C/b, h, w, b of C, b of M] in memory: matrices are transposed, then rows of b numbers moved,
 * in a third of the time of one transposition number by number. One that lay as [h, w, C, M] before is taken as it lay. Images
 * of less than a block of channels are read as they are, by kernels [M/b, C, h, w, b of M].
 */
function kernelInBlocks(w: Writing, kernel: string): string {
  const before = w.kernels.get(kernel);
  if (before !== undefined) return before;
  const shape = kernelShape(w, kernel) ?? [];
  const [m, c, ...extents] = shape;
  const places = extents[0] * extents[1];
  const { block } = w;
  const inner = c < block ? 1 : block;
  const [split, apart, turned, own] = ['split', 'apart', 'turned', 'blocked'].map(
    (what) => `${kernel}:${what}`,
  );
  const maker = w.makers.get(kernel);
  const isTurned =
    maker?.operator === 'Transpose' && numbersAttribute(maker, 'perm')?.join() === '3,2,0,1';
  if (maker === undefined || !isTurned) {
    needPlain(w, kernel);
    const matrices = integers(w, [m / block, block, c * places]);
    const columns = integers(w, [m / block, c / inner, inner, places, block]);
    w.nodes.push(
      plainNode('Reshape', [kernel, matrices], `${split}:matrices`),
      plainNode('Transpose', [`${split}:matrices`], split, { perm: [0, 2, 1] }),
      plainNode('Reshape', [split, columns], apart),
      plainNode('Transpose', [apart], turned, { perm: [0, 1, 3, 2, 4] }),
    );
  } else {
    const [rows] = maker.inputs;
    needPlain(w, rows);
    const columns = integers(w, [places, c / inner, inner, m / block, block]);
    w.nodes.push(
      plainNode('Reshape', [rows, columns], apart),
      plainNode('Transpose', [apart], turned, { perm: [3, 1, 0, 2, 4] }),
    );
  }
  w.nodes.push(plainNode('Reshape', [turned, integers(w, shape)], own));
  w.kernels.set(kernel, own);
  return own;
}

function convolve(w: Writing, node: Node): void {
  const [x, kernel, bias = ''] = node.inputs;
  const [output] = node.outputs;
  const own = `${output}:blocked`;
  const [, channels = 0, ...extents] = kernelShape(w, kernel) ?? [];
  if (channels < w.block) needPlain(w, x);
  const image = channels < w.block ? x : needBlocked(w, x);
  const inBlocksOf = kernelInBlocks(w, kernel);
  if (bias !== '') needPlain(w, bias);
  w.nodes.push({
    ...node,
    domain: DOMAIN,
    inputs: bias === '' ? [image, inBlocksOf] : [image, inBlocksOf, bias],
    outputs: [own],
    attributes: {
      kernel_shape: extents,
      strides: [1, 1],
      dilations: [1, 1],
      pads: [0, 0, 0, 0],
      ...node.attributes,
      group: 1,
    },
  });
  w.blocked.set(output, own);
}
