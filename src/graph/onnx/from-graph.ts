import { create } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as Type,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  type AttributeProto,
  type GraphProto,
  type NodeProto,
  type TensorProto,
} from 'onnx-buf';
import { bytesOf } from '../../tensor/index.ts';
import type { Attribute, Graph, Node } from '../graph.ts';
import type { Model, Stored } from './model.ts';
import { announced, rawDataOf } from './replace.ts';
import type { RawData } from './tensor-proto.ts';
import { encodeValueInfo } from './value-info.ts';

/** The file format that built models are written in, which came with opset 21. */
const irVersion = 10n;

/** Attributes of the standard operators that are floats, also where their value is a whole number. */
const floats: ReadonlySet<string> = new Set([
  'activation_alpha',
  'activation_beta',
  'alpha',
  'beta',
  'bias',
  'clip',
  'cubic_coeff_a',
  'epsilon',
  'extrapolation_value',
  'gamma',
  'height_scale',
  'high',
  'lambd',
  'low',
  'max',
  'mean',
  'min',
  'momentum',
  'ratio',
  'scale',
  'scales',
  'seed',
  'softcap',
  'spatial_scale',
  'value_float',
  'value_floats',
  'weights',
  'width_scale',
]);

/** What becomes of the constants of a graph and its subgraphs. */
export interface Encoding {
  readonly stored: Map<string, Stored>;
  readonly elsewhere: Map<TensorProto, RawData>;
}

function isFloat(operator: string, name: string, values: readonly number[]): boolean {
  if (!values.every(Number.isSafeInteger)) return true;
  return floats.has(name) && !(name === 'seed' && operator === 'Dropout');
}

const text = new TextEncoder();

function utf8(value: string): Uint8Array<ArrayBuffer> {
  return text.encode(value);
}

function encodeList(
  encoding: Encoding,
  operator: string,
  name: string,
  list: readonly number[] | readonly string[] | readonly Graph[],
): AttributeProto {
  const schema = AttributeProtoSchema;
  const numbers = list.filter((item) => typeof item === 'number');
  if (numbers.length === list.length) {
    return isFloat(operator, name, numbers)
      ? create(schema, { name, type: Type.FLOATS, floats: numbers })
      : create(schema, { name, type: Type.INTS, ints: numbers.map(BigInt) });
  }
  const strings = list.filter((item) => typeof item === 'string').map(utf8);
  if (strings.length > 0) return create(schema, { name, type: Type.STRINGS, strings });
  const graphs = list
    .filter((item) => typeof item === 'object')
    .map((graph) => encodeGraph(encoding, graph));
  return create(schema, { name, type: Type.GRAPHS, graphs });
}

function encodeAttribute(
  encoding: Encoding,
  operator: string,
  name: string,
  value: Attribute,
): AttributeProto {
  const schema = AttributeProtoSchema;
  if (typeof value === 'number') {
    return isFloat(operator, name, [value])
      ? create(schema, { name, type: Type.FLOAT, f: value })
      : create(schema, { name, type: Type.INT, i: BigInt(value) });
  }
  if (typeof value === 'string') return create(schema, { name, type: Type.STRING, s: utf8(value) });
  if ('length' in value) return encodeList(encoding, operator, name, value);
  if ('nodes' in value) {
    return create(schema, { name, type: Type.GRAPH, g: encodeGraph(encoding, value) });
  }
  const t = announced('', value);
  t.rawData = Uint8Array.from(bytesOf(value));
  return create(schema, { name, type: Type.TENSOR, t });
}

/** The message of a node; the constants of graphs inside it are noted in `encoding`. */
export function encodeNode(encoding: Encoding, node: Node): NodeProto {
  const { name, operator, domain, inputs, outputs, attributes } = node;
  const proto = create(NodeProtoSchema, {
    name,
    opType: operator,
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([key, value]) =>
      encodeAttribute(encoding, operator, key, value),
    ),
  });
  if (domain !== '') proto.domain = domain;
  return proto;
}

function encodeGraph(encoding: Encoding, graph: Graph): GraphProto {
  const { name, nodes, constants, inputs, outputs, values } = graph;
  const initializer = [...constants].map(([key, constant]) => {
    const message = announced(key, constant);
    encoding.stored.set(key, { constant, place: { kind: 'initializer', message } });
    encoding.elsewhere.set(message, rawDataOf(constant, constant));
    return message;
  });
  return create(GraphProtoSchema, {
    name,
    node: nodes.map((node) => encodeNode(encoding, node)),
    initializer,
    input: inputs.map(encodeValueInfo),
    output: outputs.map(encodeValueInfo),
    valueInfo: [...values.values()].map(encodeValueInfo),
  });
}

/**
 * The ONNX model of a built graph: IR version 10, its constants as initializers. Their values are read
 * when the model is written. A number attribute becomes a float where the standard operators have one
 * under that name or where it is not whole, an integer otherwise.
 */
export function modelOf(graph: Graph): Model {
  const encoding: Encoding = { stored: new Map(), elsewhere: new Map() };
  const encoded = encodeGraph(encoding, graph);
  const proto = create(ModelProtoSchema, {
    irVersion,
    producerName: 'stepzero',
    graph: encoded,
    opsetImport: Object.entries(graph.opsets).map(([domain, version]) => ({
      domain,
      version: BigInt(version),
    })),
  });
  return { graph, proto: Object.assign(proto, { graph: encoded }), ...encoding };
}
