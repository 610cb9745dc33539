import type { DType, Tensor } from '../tensor/index.ts';

/** An extent of a shape: a number, a symbol such as `batch`, or `null` where nothing is known. */
export type Dimension = number | string | null;

/** What is declared about a value: `dtype` and `shape` are `null` where the file does not say. */
export interface ValueInfo {
  readonly name: string;
  readonly dtype: DType | null;
  readonly shape: readonly Dimension[] | null;
}

/** Attribute values of a node; a subgraph stands as a `Graph`, a string as text. */
export type Attribute =
  number | string | readonly number[] | readonly string[] | Tensor | Graph | readonly Graph[];

/** One operator applied to named values; an omitted optional input or output is `''`. */
export interface Node {
  /** Unique within the graph: the file's own name, or `Operator_index` where it has none. */
  readonly name: string;
  readonly operator: string;
  /** `''` for the standard operators (`ai.onnx`). */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/**
 * A stored tensor: the value of an initializer, a `Constant` node or a `ConstantOfShape` node whose
 * shape is stored. `read` decodes it, from the external data file if need be.
 */
export interface Constant {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly source: 'initializer' | 'constant' | 'constantOfShape';
  readonly read: () => Tensor;
}

/**
 * A network: operators over named values, each produced once (SSA), nodes in topological order.
 * Nodes that only hold a `Constant` are not among `nodes`.
 */
export interface Graph {
  readonly name: string;
  /** Version of each operator set by domain; `''` is the standard one. */
  readonly opsets: Readonly<Record<string, number>>;
  /** Without the values that have a stored constant. */
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Constant>;
  /** Declared types of intermediate values, where the file has them. */
  readonly values: ReadonlyMap<string, ValueInfo>;
}
