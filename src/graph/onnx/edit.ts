import type { GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from 'onnx-buf';
import type { Constant, Dimension, Node } from '../graph.ts';
import { modelOfProto } from './decode.ts';
import { encodeNode, type Encoding } from './from-graph.ts';
import type { Model } from './model.ts';
import { readsOf } from './order.ts';
import { announced, rawDataOf } from './replace.ts';
import type { RawData } from './tensor-proto.ts';
import { decodeValueInfo, encodeValueInfo } from './value-info.ts';
import { copyOf } from './walk.ts';
import { quoted } from './wording.ts';

/** A change of the graph of a model, everything in terms of the names that values have. */
export interface ModelEdit {
  /** Nodes to add behind the node that makes a value, in order, by the name of that value. */
  readonly added: ReadonlyMap<string, readonly Node[]>;
  /** What a node reads instead, in full, by the name of the first value that it makes. */
  readonly inputs: ReadonlyMap<string, readonly string[]>;
  /** Tensors to store, in the place of those of the same name if there are any. Read when they are written. */
  readonly constants: ReadonlyMap<string, Constant>;
  /** Declared shapes of values that have another one from now on. */
  readonly shapes: ReadonlyMap<string, readonly Dimension[]>;
}

/** The name under which a node is asked for. */
function keyOf({ output }: NodeProto): string {
  return output.find((name) => name !== '') ?? '';
}

/** Whether a node only stores one of these tensors. */
function stores(node: NodeProto, constants: ModelEdit['constants']): boolean {
  return /^Constant(OfShape)?$/.test(node.opType) && constants.has(node.output[0]);
}

function editedNodes(
  { node: nodes }: GraphProto,
  { added, inputs, constants }: ModelEdit,
  encoding: Encoding,
): NodeProto[] {
  const after: NodeProto[] = [];
  for (const node of nodes) {
    if (stores(node, constants)) continue;
    const input = inputs.get(keyOf(node));
    after.push(input === undefined ? node : copyOf(node, { input: [...input] }));
    for (const output of node.output) {
      for (const more of added.get(output) ?? []) after.push(encodeNode(encoding, more));
    }
  }
  return after;
}

/** Tensors with the new ones in place of those of their names, and the others behind. */
function editedTensors(
  before: readonly TensorProto[],
  constants: ModelEdit['constants'],
  elsewhere: Map<TensorProto, RawData>,
): TensorProto[] {
  const made = new Map(
    [...constants].map(([name, constant]) => {
      const tensor = announced(name, constant);
      elsewhere.set(tensor, rawDataOf(constant, constant));
      return [name, tensor] as const;
    }),
  );
  const tensors = before.map((tensor) => made.get(tensor.name) ?? tensor);
  for (const { name } of before) made.delete(name);
  return [...tensors, ...made.values()];
}

/** The version of the format from which on an initializer need not be listed among the inputs. */
const freeInitializers = 4n;

/**
 * The model with some nodes, stored tensors and declared shapes changed, and everything else as it was.
 * A tensor that a `Constant` or `ConstantOfShape` node made becomes an initializer; the node goes, and
 * so does a stored shape that nothing else reads. `RangeError` for a name that the graph itself does not
 * make (but a function or a subgraph in it), and where the result contradicts itself.
 */
export function editModel(model: Model, edit: ModelEdit): Model {
  const { proto } = model;
  const { graph } = proto;
  const known = new Set(graph.node.flatMap(({ output }) => output));
  for (const name of [...edit.added.keys(), ...edit.inputs.keys()]) {
    if (!known.has(name)) {
      throw new RangeError(
        `editModel: a node to be changed must stand in the graph itself, not in a function, got the one that makes ${quoted(name)}`,
      );
    }
  }
  const elsewhere = new Map(model.elsewhere);
  const encoding: Encoding = { stored: new Map(), elsewhere };
  const nodes = editedNodes(graph, edit, encoding);
  const tensors = editedTensors(graph.initializer, edit.constants, elsewhere);
  const gone = graph.node.filter((node) => stores(node, edit.constants));
  const stale = staleShapes(graph, gone, nodes);
  const declared = new Map(edit.shapes);
  for (const [name, { shape }] of edit.constants) declared.set(name, shape);
  const redeclared = (infos: readonly ValueInfoProto[]): ValueInfoProto[] =>
    infos.map((info) => withShape(info, declared.get(info.name)));
  const listed = new Set(graph.input.map(({ name }) => name));
  const unlisted =
    proto.irVersion < freeInitializers
      ? [...edit.constants.values()].filter(({ name }) => !listed.has(name))
      : [];
  const after = copyOf(graph, {
    node: nodes,
    initializer: tensors.filter(({ name }) => !stale.has(name)),
    input: [
      ...redeclared(graph.input.filter(({ name }) => !stale.has(name))),
      ...unlisted.map(({ name, dtype, shape }) => encodeValueInfo({ name, dtype, shape })),
    ],
    output: redeclared(graph.output),
    valueInfo: redeclared(graph.valueInfo),
  });
  const whole: ModelProto & { readonly graph: GraphProto } = Object.assign(
    copyOf(proto, { graph: after }),
    { graph: after },
  );
  const kept = [...elsewhere].filter(([tensor]) => !isReplaced(graph, tensor, edit));
  return modelOfProto(whole, 'the edited model', new Map(kept));
}

/** Whether a tensor was stored under the name of a new one. */
function isReplaced(graph: GraphProto, tensor: TensorProto, { constants }: ModelEdit): boolean {
  return constants.has(tensor.name) && graph.initializer.includes(tensor);
}

/** Stored shapes that only nodes which are gone have read. */
function staleShapes(
  graph: GraphProto,
  gone: readonly NodeProto[],
  nodes: readonly NodeProto[],
): Set<string> {
  const used = new Set(graph.output.map(({ name }) => name));
  for (const node of nodes) for (const name of readsOf(node)) used.add(name);
  const shapes = gone.flatMap(({ input }) => input).filter((name) => !used.has(name));
  return new Set(shapes);
}

/** A declaration with another shape; the type that it declares stays. */
function withShape(info: ValueInfoProto, shape: readonly Dimension[] | undefined): ValueInfoProto {
  const { dtype } = decodeValueInfo(info, info.name);
  if (shape === undefined || dtype === null) return info;
  const { type } = encodeValueInfo({ name: info.name, dtype, shape });
  return type === undefined ? info : copyOf(info, { type });
}
