import { create, isMessage, type Message } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  TensorProtoSchema,
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from 'onnx-buf';
import {
  bytesOf,
  bytesPerElement,
  sizeOf,
  type LazyTensor,
  type Tensor,
} from '../../tensor/index.ts';
import type { Constant } from '../graph.ts';
import { dataTypeOf } from './dtype.ts';
import type { Model, Stored } from './model.ts';
import { readsOf } from './order.ts';
import type { RawData } from './tensor-proto.ts';
import { encodeValueInfo } from './value-info.ts';
import { copyOf, edited, type Edit } from './walk.ts';
import { quoted } from './wording.ts';

/** New values of constants by name; lazy ones are made when they are written, one after the other. */
export type Values = ReadonlyMap<string, Tensor | LazyTensor>;

/** A model's message without the data that were replaced or lie elsewhere, and those data. */
export interface Detached {
  readonly proto: ModelProto;
  readonly data: ReadonlyMap<Message, RawData>;
}

function checkAlike(constant: Constant, value: Tensor | LazyTensor): void {
  const { name, dtype, shape } = constant;
  const expected = `${dtype} of shape [${shape.join(',')}]`;
  const found = `${value.dtype} of shape [${value.shape.join(',')}]`;
  if (found !== expected) {
    throw new RangeError(`encodeModel: ${quoted(name)} must be ${expected}, got ${found}`);
  }
}

function readAlike(constant: Constant, value: Tensor | LazyTensor): Tensor {
  const tensor = 'data' in value ? value : value.read();
  checkAlike(constant, tensor);
  if (tensor.data.length !== sizeOf(tensor.shape)) {
    throw new RangeError(
      `encodeModel: ${quoted(constant.name)} must have ${sizeOf(tensor.shape)} elements, got ${tensor.data.length}`,
    );
  }
  return tensor;
}

/** The data of a constant with a new value. */
export function rawDataOf(constant: Constant, value: Tensor | LazyTensor): RawData {
  checkAlike(constant, value);
  const { dtype, shape } = constant;
  return {
    byteLength: sizeOf(shape) * bytesPerElement(dtype),
    read: () => bytesOf(readAlike(constant, value)),
  };
}

/** A tensor message with everything but its data. */
export function withoutData(tensor: TensorProto): TensorProto {
  const bare = copyOf(tensor, {
    floatData: [],
    int32Data: [],
    stringData: [],
    int64Data: [],
    doubleData: [],
    uint64Data: [],
    externalData: [],
  });
  for (const field of ['rawData', 'dataLocation', 'segment'] as const) {
    delete (bare as Partial<TensorProto>)[field];
  }
  return bare;
}

/** A tensor message that announces a constant under a name, without data. */
export function announced(
  name: string,
  { dtype, shape }: Pick<Constant, 'dtype' | 'shape'>,
): TensorProto {
  const dims = shape.map(BigInt);
  return create(TensorProtoSchema, { dims, dataType: dataTypeOf(dtype), name });
}

function newNumbers(attribute: AttributeProto, tensor: Tensor): AttributeProto {
  const numbers = (): number[] => Array.from(tensor.data, Number);
  const integers = (): bigint[] => Array.from(tensor.data, BigInt);
  switch (attribute.name) {
    case 'value_float':
      return copyOf(attribute, { f: numbers()[0] });
    case 'value_floats':
      return copyOf(attribute, { floats: numbers() });
    case 'value_int':
      return copyOf(attribute, { i: integers()[0] });
    default:
      return copyOf(attribute, { ints: integers() });
  }
}

/** A `Constant` node in the place of a `ConstantOfShape` node. */
function constantNode(node: NodeProto, tensor: TensorProto): NodeProto {
  const attribute = create(AttributeProtoSchema, {
    name: 'value',
    type: AttributeProto_AttributeType.TENSOR,
    t: tensor,
  });
  return copyOf(node, { input: [], opType: 'Constant', attribute: [attribute] });
}

/** The version of the format from which on an initializer need not be listed among the inputs. */
const freeInitializers = 4n;

/** Graph with tensors added, and without the stored shapes that only the removed nodes read. */
function withInitializers(
  graph: GraphProto,
  added: readonly (readonly [tensor: TensorProto, constant: Constant])[],
  shapes: ReadonlySet<string>,
  isListed: boolean,
): GraphProto {
  const used = new Set(graph.output.map(({ name }) => name));
  for (const node of graph.node) for (const name of readsOf(node)) used.add(name);
  const isStale = (name: string): boolean => shapes.has(name) && !used.has(name);
  const stale = new Set(graph.initializer.map(({ name }) => name).filter(isStale));
  const tensors = added.map(([tensor]) => tensor);
  const infos = isListed
    ? added.map(([{ name }, { dtype, shape }]) => encodeValueInfo({ name, dtype, shape }))
    : [];
  return copyOf(graph, {
    initializer: [...graph.initializer.filter(({ name }) => !stale.has(name)), ...tensors],
    input: [...graph.input.filter(({ name }) => !stale.has(name)), ...infos],
  });
}

interface Additions {
  readonly tensors: (readonly [TensorProto, Constant])[];
  readonly shapes: Set<string>;
}

interface Edits {
  readonly messages: Map<Message, Edit>;
  readonly data: Map<Message, RawData>;
  readonly additions: Map<GraphProto, Additions>;
}

function replace(edits: Edits, { constant, place }: Stored, value: Tensor | LazyTensor): void {
  const { messages, data, additions } = edits;
  const raw = rawDataOf(constant, value);
  const detach = (tensor: TensorProto): TensorProto => {
    data.set(tensor, raw);
    return tensor;
  };
  switch (place.kind) {
    case 'initializer': {
      const after = detach(withoutData(place.message));
      messages.set(place.message, () => after);
      return;
    }
    case 'constant': {
      const { message } = place;
      const after =
        message.t === undefined
          ? newNumbers(message, readAlike(constant, value))
          : copyOf(message, { t: detach(withoutData(message.t)) });
      messages.set(message, () => after);
      return;
    }
    case 'constantOfShape': {
      const { message, body } = place;
      if (body.$typeName === 'onnx.FunctionProto') {
        const after = constantNode(message, detach(announced('', constant)));
        messages.set(message, () => after);
        return;
      }
      messages.set(message, () => null);
      const before = additions.get(body) ?? { tensors: [], shapes: new Set<string>() };
      before.tensors.push([detach(announced(message.output[0], constant)), constant]);
      before.shapes.add(message.input[0]);
      additions.set(body, before);
    }
  }
}

/**
 * The model with other values for the named constants, its data apart from its message. A weight that a
 * `ConstantOfShape` node filled becomes an initializer (in a function body, a `Constant` node); the node
 * goes, and so does the stored shape if nothing else reads it. `RangeError` for a name that the model
 * does not store and for a value of another dtype or shape.
 */
export function detached(model: Model, values: Values): Detached {
  const { proto, stored, elsewhere } = model;
  const edits: Edits = { messages: new Map(), data: new Map(), additions: new Map() };
  for (const [name, value] of values) {
    const target = stored.get(name);
    if (target === undefined) {
      throw new RangeError(
        `encodeModel: a name must be one that the model stores, got ${quoted(name)}`,
      );
    }
    replace(edits, target, value);
  }
  const { messages, data, additions } = edits;
  for (const [tensor, raw] of elsewhere) {
    if (messages.has(tensor)) continue;
    const bare = withoutData(tensor);
    messages.set(tensor, () => bare);
    data.set(bare, raw);
  }
  for (const [graph, { tensors, shapes }] of additions) {
    const isListed = graph === proto.graph && proto.irVersion < freeInitializers;
    messages.set(graph, (changed) =>
      isMessage(changed, GraphProtoSchema)
        ? withInitializers(changed, tensors, shapes, isListed)
        : changed,
    );
  }
  return { proto: messages.size === 0 ? proto : edited(proto, messages), data };
}
