import type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto } from 'onnx-buf';
import type { Attribute, Constant, Graph, Node, ValueInfo } from '../graph.ts';
import { decodeAttribute } from './attribute.ts';
import { constantOf, constantOfShapeOf, keep } from './constants.ts';
import type { ExternalReader } from './external.ts';
import { calledBy, functionsOf, passedOn, scopeOfCall, sizeOfNodes } from './functions.ts';
import type { Model } from './model.ts';
import { domainOf, opsetsOf } from './opset.ts';
import { inTopologicalOrder } from './order.ts';
import { parseModel } from './parse.ts';
import {
  bound,
  claimed,
  inner,
  lookUp,
  resolved,
  storedIn,
  unfoldInto,
  type Decoding,
  type Scope,
} from './scope.ts';
import { isExternal, shapeOf, storedTensor, type RawData } from './tensor-proto.ts';
import { decodeValueInfo } from './value-info.ts';
import { tensorsOf } from './walk.ts';
import { quoted } from './wording.ts';

/** What a file is called in error sentences, and how the files beside it are read. */
export interface DecodeOptions {
  readonly name: string;
  /** Without it a model with external data can be looked at, but those tensors cannot be read. */
  readonly external?: ExternalReader;
}

/** Where the decoded parts of one graph go. */
interface Parts {
  readonly nodes: Node[];
  readonly constants: Map<string, Constant>;
}

function decodeAttributes(
  decoding: Decoding,
  scope: Scope,
  attributes: readonly AttributeProto[],
  node: string,
): Record<string, Attribute> {
  const where = `${decoding.file}: node ${quoted(node)}`;
  const decoded: Record<string, Attribute> = {};
  for (const own of attributes) {
    const [attribute, around] =
      own.refAttrName === ''
        ? [own, scope]
        : (scope.attributes.get(own.refAttrName) ?? [null, scope]);
    if (attribute === null) continue;
    const value = decodeAttribute(attribute, where, {
      tensor: (tensor) => {
        const { dtype, read } = storedIn(decoding, tensor, where);
        return dtype === null ? null : read();
      },
      graph: (graph, path) => decodeSubgraph(decoding, around, graph, `${node}/${path}/`),
    });
    if (value === null) continue;
    Object.defineProperty(decoded, own.name, { value, enumerable: true });
  }
  return decoded;
}

function unfold(
  decoding: Decoding,
  scope: Scope,
  call: NodeProto,
  name: string,
  parts: Parts,
): boolean {
  const definition = calledBy(decoding, call);
  if (definition === undefined) return false;
  const inside = scopeOfCall(decoding, call, name, definition, scope);
  const start = parts.nodes.length;
  decodeNodes(decoding, inside, definition.node, new Set(definition.input), parts);
  const produced = new Set(parts.nodes.slice(start).flatMap(({ outputs }) => outputs));
  const isProduced = (value: string): boolean =>
    produced.has(value) || decoding.constants.has(value);
  const identities = passedOn(decoding, call, definition, scope, inside, isProduced);
  for (const node of identities) parts.nodes.push(node);
  return true;
}

function decodeNodes(
  decoding: Decoding,
  scope: Scope,
  nodes: readonly NodeProto[],
  given: ReadonlySet<string>,
  parts: Parts,
): void {
  const { file } = decoding;
  if (scope.functionPrefix !== null) unfoldInto(decoding, sizeOfNodes(nodes));
  const isKnown = (name: string): boolean => lookUp(scope, name) !== null;
  for (const [node, index] of inTopologicalOrder(nodes, isKnown, file)) {
    const twice = node.output.find((output) => given.has(output));
    if (twice !== undefined && twice !== '') {
      throw new RangeError(`${file}: a value must be produced once, got ${quoted(twice)} twice`);
    }
    const found = constantOf(decoding, scope, node) ?? constantOfShapeOf(decoding, scope, node);
    if (found !== null) {
      keep(decoding, scope, node.output[0], found, parts.constants);
      continue;
    }
    const local = node.name === '' ? `${node.opType}_${index}` : node.name;
    const name = claimed(decoding.nodeNames, `${scope.prefix}${local}`);
    if (unfold(decoding, scope, node, name, parts)) continue;
    const inputs = node.input.map((input) => resolved(decoding, scope, input));
    parts.nodes.push({
      name,
      operator: node.opType,
      domain: domainOf(node.domain),
      inputs,
      outputs: node.output.map((output) => bound(decoding, scope, output)),
      attributes: decodeAttributes(decoding, scope, node.attribute, name),
    });
  }
}

function keepInitializers(
  decoding: Decoding,
  scope: Scope,
  graph: GraphProto,
  parts: Parts,
  values: Map<string, ValueInfo>,
): Set<string> {
  const { file } = decoding;
  const names = new Set<string>();
  const claim = (name: string): void => {
    if (name === '') throw new RangeError(`${file}: a stored tensor must have a name, got none`);
    if (names.has(name)) {
      throw new RangeError(`${file}: stored tensors must be unique, got ${quoted(name)} twice`);
    }
    names.add(name);
  };
  for (const tensor of graph.initializer) {
    claim(tensor.name);
    const where = `${file}: tensor ${quoted(tensor.name)}`;
    const { dtype, shape, read } = storedIn(decoding, tensor, where);
    if (dtype === null) {
      const name = bound(decoding, scope, tensor.name);
      values.set(name, { name, dtype, shape });
    } else {
      const kept = { dtype, shape, source: 'initializer', read } as const;
      const place = { kind: 'initializer', message: tensor } as const;
      keep(decoding, scope, tensor.name, { kept, place }, parts.constants);
    }
  }
  for (const { values: elements, dims } of graph.sparseInitializer) {
    const local = elements?.name ?? '';
    claim(local);
    const name = bound(decoding, scope, local);
    const shape = shapeOf(dims, `${file}: sparse tensor ${quoted(local)}`);
    values.set(name, { name, dtype: null, shape });
  }
  return names;
}

function decodeGraph(decoding: Decoding, scope: Scope, proto: GraphProto): Graph {
  const { file } = decoding;
  const parts: Parts = { nodes: [], constants: new Map() };
  if (scope.functionPrefix !== null) {
    const { initializer, sparseInitializer, input, output, valueInfo } = proto;
    const lists = [initializer, sparseInitializer, input, output, valueInfo];
    unfoldInto(
      decoding,
      lists.reduce((count, { length }) => count + length, 1),
    );
  }
  const values = new Map<string, ValueInfo>();
  const stored = keepInitializers(decoding, scope, proto, parts, values);
  const given = new Set(stored);
  const inputs: ValueInfo[] = [];
  const seen = new Set<string>();
  for (const input of proto.input) {
    if (seen.has(input.name)) {
      throw new RangeError(`${file}: inputs must be unique, got ${quoted(input.name)} twice`);
    }
    seen.add(input.name);
    given.add(input.name);
    if (!stored.has(input.name)) {
      inputs.push(decodeValueInfo(input, bound(decoding, scope, input.name)));
    }
  }
  if (scope.parent === null) {
    for (const node of proto.node) for (const name of node.output) bound(decoding, scope, name);
  }
  decodeNodes(decoding, scope, proto.node, given, parts);
  const outputs = proto.output.map((output) =>
    decodeValueInfo(output, resolved(decoding, scope, output.name)),
  );
  for (const info of proto.valueInfo) {
    const name = scope.names.get(info.name);
    if (name !== undefined) values.set(name, decodeValueInfo(info, name));
  }
  const { nodes, constants } = parts;
  return { name: proto.name, opsets: decoding.opsets, inputs, outputs, nodes, constants, values };
}

function decodeSubgraph(
  decoding: Decoding,
  around: Scope,
  body: GraphProto,
  prefix: string,
): Graph {
  const { functionPrefix: outer, prefix: outerPrefix, attributes } = around;
  const functionPrefix = outer === null ? null : `${outer}${prefix.slice(outerPrefix.length)}`;
  const names = new Map<string, string>();
  const scope = { parent: around, body, prefix, functionPrefix, names, attributes };
  return decodeGraph(decoding, inner(decoding, scope, around), body);
}

/**
 * Reads an ONNX model. Tensors are decoded when they are asked for, from views on `bytes`; their sizes
 * are checked at once. Calls of the model's own functions are unfolded, so that every weight stands at
 * an operator; names inside subgraphs and calls start with the path to them, as `loop/body/weight`.
 * A file that is damaged, contradicts itself or is not supported gives a `RangeError` of one sentence
 * that starts with `options.name`.
 */
export function decodeModel(bytes: Uint8Array, options: DecodeOptions): Model {
  const { name: file, external } = options;
  const proto = parseModel(bytes, file);
  const elsewhere = new Map<TensorProto, RawData>();
  for (const tensor of tensorsOf(proto)) {
    if (!isExternal(tensor)) continue;
    const seen = storedTensor(tensor, `${file}: tensor ${quoted(tensor.name)}`, external);
    if (seen.external !== null) elsewhere.set(tensor, seen.external);
  }
  return modelOfProto(proto, file, elsewhere, external);
}

/**
 * The model that a message is. `elsewhere` are the bytes of those of its tensors that are not in it;
 * `RangeError` where the message contradicts itself or is not supported.
 */
export function modelOfProto(
  proto: ModelProto & { readonly graph: GraphProto },
  file: string,
  elsewhere: ReadonlyMap<TensorProto, RawData>,
  external?: ExternalReader,
): Model {
  const decoding: Decoding = {
    file,
    external,
    elsewhere,
    functions: functionsOf(proto, file),
    opsets: opsetsOf(proto, file),
    stored: new Map(),
    constants: new Map(),
    ofFunctions: new Map(),
    namesInFunctions: new Map(),
    valueNames: new Map(),
    nodeNames: new Map(),
    unfolded: 0,
  };
  const scope: Scope = {
    parent: null,
    body: proto.graph,
    prefix: '',
    functionPrefix: null,
    names: new Map(),
    attributes: new Map(),
    depth: 0,
  };
  const graph = decodeGraph(decoding, scope, proto.graph);
  const constants = new Map([...graph.constants, ...decoding.ofFunctions]);
  return { graph: { ...graph, constants }, proto, stored: decoding.stored, elsewhere };
}
