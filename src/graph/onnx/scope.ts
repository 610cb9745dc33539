import type { AttributeProto, FunctionProto, GraphProto, TensorProto } from 'onnx-buf';
import type { Constant } from '../graph.ts';
import type { ExternalReader } from './external.ts';
import type { Stored } from './model.ts';
import { storedTensor, type RawData, type StoredTensor } from './tensor-proto.ts';
import { quoted } from './wording.ts';

/** How deep subgraphs and function calls may be nested in each other. */
export const deepestScope: number = 64;

/** How many nodes, names and attribute values the calls of a model's own functions may unfold into. */
export const mostUnfolded: number = 2 ** 19;

/** What is gathered while one file is decoded. */
export interface Decoding {
  readonly file: string;
  readonly external: ExternalReader | undefined;
  /** The bytes of the tensors that are not in the message. */
  readonly elsewhere: ReadonlyMap<TensorProto, RawData>;
  readonly functions: ReadonlyMap<string, FunctionProto>;
  readonly opsets: Readonly<Record<string, number>>;
  readonly stored: Map<string, Stored>;
  /** Every constant met so far, of all graphs, by its name. */
  readonly constants: Map<string, Constant>;
  /** The constants of function bodies, which are stored once however often the function is called. */
  readonly ofFunctions: Map<string, Constant>;
  /** The name of each message of a function body that stores a tensor. */
  readonly namesInFunctions: Map<object, string>;
  readonly valueNames: Taken;
  readonly nodeNames: Taken;
  unfolded: number;
}

/** Looks at a stored tensor, wherever its bytes are. */
export function storedIn(decoding: Decoding, tensor: TensorProto, where: string): StoredTensor {
  return storedTensor(tensor, where, decoding.external, decoding.elsewhere.get(tensor));
}

/** The names of one graph, subgraph or function call; those of a graph see the ones around it. */
export interface Scope {
  readonly parent: Scope | null;
  /** Where the messages of this scope stand in the file. */
  readonly body: GraphProto | FunctionProto;
  /** What the names of values and nodes start with, so that they are unique in the whole model. */
  readonly prefix: string;
  /** What the names of tensors stored in a function body start with; `null` outside functions. */
  readonly functionPrefix: string | null;
  /** The unique name of each value by its name in the file. */
  readonly names: Map<string, string>;
  /** In a function: the attributes of the call, with the scope that they stand in. */
  readonly attributes: ReadonlyMap<string, readonly [AttributeProto, Scope]>;
  readonly depth: number;
}

/** Names that are taken, each with the number to try next where it is asked for again. */
export type Taken = Map<string, number>;

/** `name`, or `name_2`, `name_3`, … if it is taken; taken from then on. */
export function claimed(taken: Taken, name: string): string {
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

/** The unique name of the value that is called `name` in this scope, `null` if there is none. */
export function lookUp(scope: Scope, name: string): string | null {
  for (let at: Scope | null = scope; at !== null; at = at.parent) {
    const found = at.names.get(name);
    if (found !== undefined) return found;
  }
  return name === '' ? '' : null;
}

/** The unique name of the value that is called `name` in this scope; `RangeError` if there is none. */
export function resolved(decoding: Decoding, scope: Scope, name: string): string {
  const found = lookUp(scope, name);
  if (found !== null) return found;
  throw new RangeError(
    `${decoding.file}: a value that is read must be an input, stored or produced, got ${quoted(name)}`,
  );
}

/** The unique name of a value that is produced in this scope, new unless it was bound before. */
export function bound(decoding: Decoding, scope: Scope, name: string): string {
  if (name === '') return '';
  const before = scope.names.get(name);
  if (before !== undefined) return before;
  const unique = claimed(decoding.valueNames, `${scope.prefix}${name}`);
  scope.names.set(name, unique);
  return unique;
}

/** The scope inside another one; `RangeError` if that is nested too deeply. */
export function inner(decoding: Decoding, scope: Omit<Scope, 'depth'>, around: Scope): Scope {
  if (around.depth >= deepestScope) {
    throw new RangeError(
      `${decoding.file}: subgraphs and functions must be nested at most ${deepestScope} deep, got more`,
    );
  }
  return { ...scope, depth: around.depth + 1 };
}

/** Counts what the call of a function unfolds into; `RangeError` beyond `mostUnfolded`. */
export function unfoldInto(decoding: Decoding, count: number): void {
  decoding.unfolded += count;
  if (decoding.unfolded > mostUnfolded) {
    throw new RangeError(
      `${decoding.file}: the calls of its functions must unfold into at most ${mostUnfolded} nodes and names, got more`,
    );
  }
}
