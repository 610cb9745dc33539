import {
  AttributeProto_AttributeType as Type,
  type AttributeProto,
  type GraphProto,
  type TensorProto,
} from 'onnx-buf';
import type { Tensor } from '../../tensor/index.ts';
import type { Attribute, Graph } from '../graph.ts';
import { quoted } from './wording.ts';

type Field = 'f' | 'i' | 's' | 't' | 'g' | 'floats' | 'ints' | 'strings' | 'graphs';

const fields: ReadonlyMap<Type, Field> = new Map([
  [Type.FLOAT, 'f'],
  [Type.INT, 'i'],
  [Type.STRING, 's'],
  [Type.TENSOR, 't'],
  [Type.GRAPH, 'g'],
  [Type.FLOATS, 'floats'],
  [Type.INTS, 'ints'],
  [Type.STRINGS, 'strings'],
  [Type.GRAPHS, 'graphs'],
]);

function isFilled(attribute: AttributeProto, field: Field): boolean {
  const value = attribute[field];
  return Array.isArray(value) ? value.length > 0 : Object.hasOwn(attribute, field);
}

/**
 * The field that holds an attribute's value, `null` for the types that an `Attribute` cannot be. The
 * first files of the format leave the type out. `RangeError` where the declared field is empty and
 * another one is not.
 */
export function attributeField(attribute: AttributeProto, where: string): Field | null {
  const declared = fields.get(attribute.type);
  const filled = [...fields.values()].find((field) => isFilled(attribute, field));
  if (attribute.type === Type.UNDEFINED) return filled ?? null;
  if (declared === undefined) return null;
  if (filled === undefined || isFilled(attribute, declared)) return declared;
  throw new RangeError(
    `${where}: attribute ${quoted(attribute.name)} must hold the ${Type[attribute.type].toLowerCase()} that it declares, got its field ${quoted(filled)}`,
  );
}

/** How the tensors and subgraphs inside an attribute are decoded; `null` for what cannot be. */
export interface AttributeParts {
  readonly tensor: (tensor: TensorProto) => Tensor | null;
  readonly graph: (graph: GraphProto, path: string) => Graph;
}

const utf8 = new TextDecoder();

/**
 * The value of an attribute as plain data, `null` for the kinds that an `Attribute` cannot be. Integers
 * beyond 2^53 become the nearest number, as the "to the end" of a `Slice` does.
 */
export function decodeAttribute(
  attribute: AttributeProto,
  where: string,
  parts: AttributeParts,
): Attribute | null {
  const field = attributeField(attribute, where);
  const { name } = attribute;
  if (field === null) return null;
  if (field === 'f' || field === 'floats') return attribute[field];
  if (field === 'i') return Number(attribute.i);
  if (field === 's') return utf8.decode(attribute.s);
  if (field === 't') return attribute.t === undefined ? null : parts.tensor(attribute.t);
  if (field === 'g') return attribute.g === undefined ? null : parts.graph(attribute.g, name);
  if (field === 'ints') return attribute.ints.map(Number);
  if (field === 'strings') return attribute.strings.map((text) => utf8.decode(text));
  return attribute.graphs.map((graph, index) => parts.graph(graph, `${name}/${index}`));
}

/** The subgraphs that a node's attributes hold. */
export function subgraphsOf(attributes: readonly AttributeProto[]): readonly GraphProto[] {
  return attributes.flatMap(({ g, graphs }) => (g === undefined ? graphs : [g, ...graphs]));
}
