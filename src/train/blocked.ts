import { readsOf, valueTypes, type ValueType } from '../autodiff/index.ts';
import {
  dataTypeOf,
  numbersAttribute,
  type Attribute,
  type Constant,
  type Graph,
  type Node,
  type ValueInfo,
} from '../graph/index.ts';
import { isElementwise } from './blocked-elementwise.ts';
import { pickedRowsOf, picksInBlocks } from './blocked-rows.ts';

/** onnxruntime's operators on images whose channels lie in blocks, [N, C/b, H, W, b] in memory. */
const DOMAIN = 'com.microsoft.nchwc';

/** What the graph around a subgraph knows. */
type Types = ReadonlyMap<string, ValueType>;

/** A graph while it is written with blocks. */
interface Writing {
  readonly block: number;
  readonly types: Types;
  readonly nodes: Node[];
  readonly constants: Map<string, Constant>;
  /** Values that are there as the file says. */
  readonly plain: Set<string>;
  /** Values that are there in blocks, by the name that they have so. */
  readonly blocked: Map<string, string>;
  /** Nodes by what they make. */
  readonly makers: ReadonlyMap<string, Node>;
  /** Kernels in blocks. */
  readonly kernels: Map<string, string>;
}

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
  };
  let isChanged = false;
  for (const node of graph.nodes) {
    if (isBlockable(w, node)) {
      convolve(w, node);
      isChanged = true;
    } else if (pick(w, node)) {
      isChanged = true;
    } else if (staysBlocked(w, node)) {
      elementwise(w, node);
    } else {
      for (const name of readsOf(node)) needPlain(w, name);
      const inside = withBodies(node, (body) => rewritten(body, block, types, constants));
      isChanged ||= inside !== node;
      w.nodes.push(inside);
      for (const name of node.outputs) w.plain.add(name);
    }
  }
  for (const { name } of graph.outputs) needPlain(w, name);
  return isChanged ? { ...graph, nodes: w.nodes } : null;
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
  return shape !== null && shape[0] % w.block === 0 && shape[1] % w.block === 0;
}

/** Whether an elementwise node has all that it reads in blocks. */
function staysBlocked(w: Writing, node: Node): boolean {
  if (!isElementwise(node)) return false;
  const isNumber = (name: string): boolean => w.types.get(name)?.shape?.length === 0;
  const images = node.inputs.filter((name) => name !== '' && !isNumber(name));
  if (images.length === 0 || images.some((name) => !w.blocked.has(name))) return false;
  const shapeOf = (name: string): string => JSON.stringify(w.types.get(name)?.shape ?? null);
  const { dtype = null, shape = null } = w.types.get(node.outputs[0]) ?? {};
  if (dtype === null || typeof shape?.[1] !== 'number') return false;
  return images.every((name) => shapeOf(name) === shapeOf(images[0]));
}

function elementwise(w: Writing, node: Node): void {
  const inputs = node.inputs.map((name) => w.blocked.get(name) ?? name);
  const [output] = node.outputs;
  const own = `${output}:blocked`;
  w.nodes.push({ ...node, inputs, outputs: [own] });
  w.blocked.set(output, own);
}

/**
 * Writes a `Gather` of rows of an image that is there in blocks from there, so that the image need not be put back: its places
 * and channels are picked where they lie. What made the rows is read no more.
 */
function pick(w: Writing, node: Node): boolean {
  const rows = pickedRowsOf(node, w.makers, w.types);
  const picks = w.constants.get(node.inputs[1]);
  const own = w.blocked.get(rows?.image ?? '');
  if (rows === null || picks === undefined || own === undefined) return false;
  const { channels, places, pads } = rows;
  const [output] = node.outputs;
  const inBlocksToo = picksInBlocks(picks, rows, w.block);
  w.constants.set(inBlocksToo.name, inBlocksToo);
  const [flat, turned, padded] = ['flat', 'turned', 'padded'].map((what) => `${output}:${what}`);
  w.nodes.push(
    plainNode('Reshape', [own, integers(w, [-1, channels * places])], flat),
    plainNode('Transpose', [flat], turned, { perm: [1, 0] }),
  );
  if (pads !== null) w.nodes.push(plainNode('Pad', [turned, pads], padded));
  w.nodes.push({ ...node, inputs: [pads === null ? turned : padded, inBlocksToo.name] });
  w.plain.add(output);
  return true;
}

/** Writes a value as it was where it is only there in blocks. */
function needPlain(w: Writing, name: string): void {
  const own = w.blocked.get(name);
  if (own === undefined || w.plain.has(name)) return;
  const { dtype = null, shape = null } = w.types.get(name) ?? {};
  const channels = Number(shape?.[1]);
  const isFloat = dtype === 'float32';
  const source = isFloat ? own : `${own}:numbers`;
  const result = isFloat ? name : `${name}:numbers`;
  if (!isFloat) w.nodes.push(plainNode('Cast', [own], source, { to: 1 }));
  w.nodes.push({
    name: `${name}:plain`,
    operator: 'ReorderOutput',
    domain: DOMAIN,
    inputs: [source],
    outputs: [result],
    attributes: { channels },
  });
  if (!isFloat)
    w.nodes.push(plainNode('Cast', [result], name, { to: dataTypeOf(dtype ?? 'float32') }));
  w.plain.add(name);
}

function plainNode(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Node['attributes'] = {},
): Node {
  return { name: `${output}:node`, operator, domain: '', inputs, outputs: [output], attributes };
}

/** The name under which a value is there in blocks. */
function needBlocked(w: Writing, name: string): string {
  const before = w.blocked.get(name);
  if (before !== undefined) return before;
  const own = `${name}:blocked`;
  w.nodes.push({
    name: own,
    operator: 'ReorderInput',
    domain: DOMAIN,
    inputs: [name],
    outputs: [own],
    attributes: {},
  });
  w.plain.add(name);
  w.blocked.set(name, own);
  return own;
}

function integers(w: Writing, values: readonly number[]): string {
  const name = `blocks/${values.join('x')}`;
  const data = BigInt64Array.from(values, BigInt);
  const shape = [values.length];
  const read = (): { dtype: 'int64'; shape: number[]; data: BigInt64Array<ArrayBuffer> } => ({
    dtype: 'int64',
    shape,
    data,
  });
  w.constants.set(name, { name, dtype: 'int64', shape, source: 'initializer', read });
  return name;
}

/**
 * A kernel [M, C, h, w] as [M/b, C/b, h, w, b of C, b of M] in memory: matrices are transposed, then rows of b numbers moved,
 * in a third of the time of one transposition number by number. One that lay as [h, w, C, M] before is taken as it lay.
 */
function kernelInBlocks(w: Writing, kernel: string): string {
  const before = w.kernels.get(kernel);
  if (before !== undefined) return before;
  const shape = kernelShape(w, kernel) ?? [];
  const [m, c, ...extents] = shape;
  const places = extents[0] * extents[1];
  const { block } = w;
  const [split, apart, turned, own] = ['split', 'apart', 'turned', 'blocked'].map(
    (what) => `${kernel}:${what}`,
  );
  const maker = w.makers.get(kernel);
  const isTurned =
    maker?.operator === 'Transpose' && numbersAttribute(maker, 'perm')?.join() === '3,2,0,1';
  if (maker === undefined || !isTurned) {
    needPlain(w, kernel);
    const matrices = integers(w, [m / block, block, c * places]);
    const columns = integers(w, [m / block, c / block, block, places, block]);
    w.nodes.push(
      plainNode('Reshape', [kernel, matrices], `${split}:matrices`),
      plainNode('Transpose', [`${split}:matrices`], split, { perm: [0, 2, 1] }),
      plainNode('Reshape', [split, columns], apart),
      plainNode('Transpose', [apart], turned, { perm: [0, 1, 3, 2, 4] }),
    );
  } else {
    const [rows] = maker.inputs;
    needPlain(w, rows);
    const columns = integers(w, [places, c / block, block, m / block, block]);
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
  const image = needBlocked(w, x);
  const inBlocksOf = kernelInBlocks(w, kernel);
  if (bias !== '') needPlain(w, bias);
  const [, , ...extents] = kernelShape(w, kernel) ?? [];
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
