import type { Constant, Graph, Node, ValueInfo } from '../graph/index.ts';
import { castTo, isFloat, sizeOf, toFloat64, type Tensor } from '../tensor/index.ts';
import { readsOf } from './reads.ts';
import { typed, unknown, type Type } from './type.ts';

/** What a graph and the subgraphs inside it have in common while they are written. */
interface Shared {
  readonly name: string;
  readonly opsets: Readonly<Record<string, number>>;
  /** Names of values and nodes in use, each with the number to try next. */
  readonly taken: Map<string, number>;
  /** All stored tensors; those of subgraphs stand at the top, where every subgraph sees them. */
  readonly constants: Map<string, Constant>;
  /** Stored helper tensors by what is in them. */
  readonly stored: Map<string, string>;
  /** Whether small convolutions are written as products. */
  readonly asProducts: boolean;
}

/** A graph or subgraph that is being written. Equal operators on equal values are written once. */
export interface Scope {
  readonly shared: Shared;
  readonly parent: Scope | null;
  readonly inputs: ValueInfo[];
  readonly nodes: Node[];
  readonly types: Map<string, Type>;
  /** Where a node stands, by its name. */
  readonly positions: Map<string, number>;
  /** The name of the node that makes a value. */
  readonly makers: Map<string, string>;
  /** The outputs of what is written, by operator, inputs and attributes. */
  readonly written: Map<string, readonly string[]>;
  /** The names of the nodes that were asked for, in lists that are open. */
  readonly traces: Set<string>[];
}

/** An empty graph. */
export function rootScope(
  name: string,
  opsets: Readonly<Record<string, number>>,
  asProducts: boolean = false,
): Scope {
  const shared: Shared = {
    name,
    opsets,
    taken: new Map(),
    constants: new Map(),
    stored: new Map(),
    asProducts,
  };
  return scopeIn(shared, null);
}

function scopeIn(shared: Shared, parent: Scope | null): Scope {
  return {
    shared,
    parent,
    inputs: [],
    nodes: [],
    types: new Map(),
    positions: new Map(),
    makers: new Map(),
    written: new Map(),
    traces: [],
  };
}

/** An empty subgraph, which sees all values of `scope`. */
export function subscope(scope: Scope): Scope {
  return scopeIn(scope.shared, scope);
}

/** A name like this one that is not in use. */
export function claim({ shared: { taken } }: Scope, name: string): string {
  let index = taken.get(name);
  if (index === undefined) {
    taken.set(name, 2);
    return name;
  }
  while (taken.has(`${name}_${index}`)) index++;
  const unique = `${name}_${index}`;
  taken.set(name, index + 1);
  taken.set(unique, 2);
  return unique;
}

/** What is known about a value. */
export function typeOf(scope: Scope, name: string): Type {
  for (let at: Scope | null = scope; at !== null; at = at.parent) {
    const type = at.types.get(name);
    if (type !== undefined) return type;
  }
  return unknown;
}

/** Declares an input under a name that is free, and returns that. */
export function addInput(scope: Scope, name: string, type: Type): string {
  const own = claim(scope, name);
  scope.inputs.push({ name: own, dtype: type.dtype, shape: type.shape });
  scope.types.set(own, typed(type.dtype, type.shape));
  return own;
}

/** Largest tensor whose numbers are looked at while a graph is written. */
const readable = 64;

/** Stores a tensor at the top of the graph. */
export function addConstant(scope: Scope, constant: Constant): void {
  const { name, dtype, shape } = constant;
  let top = scope;
  while (top.parent !== null) top = top.parent;
  const isSmall = shape.length < 2 && sizeOf(shape) <= readable;
  const value = isSmall ? [...toFloat64(constant.read())] : null;
  scope.shared.constants.set(name, constant);
  top.types.set(name, { dtype, shape, value });
}

/** What the names of tensors start with that a derivative is written with. */
export const helperPrefix = 'd/constant_';

function store(scope: Scope, key: string, tensor: Tensor): string {
  const { stored } = scope.shared;
  const before = stored.get(key);
  if (before !== undefined) return before;
  const name = claim(scope, `${helperPrefix}${stored.size}`);
  const { dtype, shape } = tensor;
  addConstant(scope, { name, dtype, shape, source: 'initializer', read: () => tensor });
  stored.set(key, name);
  return name;
}

/** Stores integers: a list, or one number if `shape` is `[]`. */
export function ints(
  scope: Scope,
  values: readonly number[],
  shape: readonly number[] = [values.length],
): string {
  const data = BigInt64Array.from(values, (value) => BigInt(value));
  return store(scope, `int64[${shape.join()}]:${values.join()}`, { dtype: 'int64', shape, data });
}

/** Most integers that are compared. */
const comparable = 4096;

/**
 * The name of the integers of a graph that is a derivative itself, which are stored once however often such graphs are written
 * again, so that what reads them is seen to be equal; `null` for other tensors.
 */
export function storedAgain(scope: Scope, { name, dtype, shape, read }: Constant): string | null {
  if (!name.startsWith(helperPrefix) || dtype !== 'int64' || sizeOf(shape) > comparable)
    return null;
  return ints(scope, [...toFloat64(read())], shape);
}

/** Stores a long list of integers, which is made the first time that this is asked for. */
export function longInts(scope: Scope, what: string, make: () => readonly number[]): string {
  const before = scope.shared.stored.get(what);
  if (before !== undefined) return before;
  const list = make();
  const data = new BigInt64Array(list.length);
  // `BigInt64Array.from` takes seven times as long.
  for (let index = 0; index < list.length; index++) data[index] = BigInt(list[index]);
  return store(scope, what, { dtype: 'int64', shape: [data.length], data });
}

/** Stores a `true`. */
export function truth(scope: Scope): string {
  return store(scope, 'true', { dtype: 'bool', shape: [], data: Uint8Array.of(1) });
}

/** Stores numbers in the dtype of another value, which is a float; one number if `shape` is `[]`. */
export function floats(
  scope: Scope,
  values: readonly number[] | Float64Array,
  shape: readonly number[],
  like: string,
): string {
  const own = typeOf(scope, like).dtype;
  const dtype = own !== null && isFloat(own) ? own : 'float32';
  const isSmall = values.length <= readable;
  const key = isSmall ? values.join() : `large ${scope.shared.stored.size}`;
  const data = castTo(dtype, Float64Array.from(values));
  return store(scope, `${dtype}[${shape.join()}]:${key}`, { dtype, shape, data });
}

/** Stores one number in the dtype of another value, which is a float. */
export function scalar(scope: Scope, value: number, like: string): string {
  return floats(scope, [value], [], like);
}

/** Those of the nodes that the outputs need, in order. */
export function needed(nodes: readonly Node[], outputs: readonly string[]): readonly Node[] {
  const wanted = new Set(outputs);
  const kept: Node[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => wanted.has(output))) continue;
    kept.push(node);
    for (const name of readsOf(node)) wanted.add(name);
  }
  return kept.reverse();
}

/** The graph of what was written for these outputs; what they do not need is left out. */
export function finish(scope: Scope, outputs: readonly string[]): Graph {
  const { shared, parent } = scope;
  const nodes = needed(scope.nodes, outputs);
  const read = new Set([...outputs, ...nodes.flatMap(readsOf)]);
  const constants = parent === null ? [...shared.constants].filter(([name]) => read.has(name)) : [];
  return {
    name: shared.name,
    opsets: shared.opsets,
    inputs: scope.inputs,
    outputs: outputs.map((name) => {
      const { dtype, shape } = typeOf(scope, name);
      return { name, dtype, shape };
    }),
    nodes,
    constants: new Map(constants),
    values: new Map(),
  };
}
