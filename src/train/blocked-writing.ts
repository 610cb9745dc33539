import type { ValueType } from '../autodiff/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { dataTypeOf, type Constant, type Node } from '../graph/index.ts';

/** onnxruntime's operators on images whose channels lie in blocks, [N, C/b, H, W, b] in memory. */
export const DOMAIN = 'com.microsoft.nchwc';

/** What the graph around a subgraph knows. */
export type Types = ReadonlyMap<string, ValueType>;

/** A graph while it is written with blocks. */
export interface Writing {
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
  /** The nodes that read a value; `null` stands for an output of the graph. */
  readonly readers: ReadonlyMap<string, readonly (Node | null)[]>;
}

/** Writes a value as it was where it is only there in blocks. */
export function needPlain(w: Writing, name: string): void {
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

/** A node of the standard operators, named after what it makes. */
export function plainNode(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Node['attributes'] = {},
): Node {
  return { name: `${output}:node`, operator, domain: '', inputs, outputs: [output], attributes };
}

/** The name under which a value is there in blocks. */
export function needBlocked(w: Writing, name: string): string {
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

/** The name of a list of integers. */
export function integers(w: Writing, values: readonly number[]): string {
  return stored(w, `blocks/${values.join('x')}`, {
    dtype: 'int64',
    shape: [values.length],
    data: BigInt64Array.from(values, BigInt),
  });
}

/** What float32 numbers are called that are stored as `what`. */
export function numbersName(what: string): string {
  return `blocks/number ${what}`;
}

/** The name of float32 numbers of this shape, that are called `what`. */
export function numbers(
  w: Writing,
  what: string,
  shape: readonly number[],
  data: Float32Array<ArrayBuffer>,
): string {
  return stored(w, numbersName(what), { dtype: 'float32', shape, data });
}

function stored(w: Writing, name: string, tensor: Tensor): string {
  const { dtype, shape } = tensor;
  w.constants.set(name, { name, dtype, shape, source: 'initializer', read: () => tensor });
  return name;
}
