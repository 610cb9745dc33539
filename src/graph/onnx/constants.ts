import type { AttributeProto, NodeProto } from 'onnx-buf';
import { bytesPerElement, sizeOf, tensorOfBytes, type Tensor } from '../../tensor/index.ts';
import type { Constant } from '../graph.ts';
import { attributeField } from './attribute.ts';
import type { Place } from './model.ts';
import { domainOf } from './opset.ts';
import { claimed, lookUp, storedIn, type Decoding, type Scope } from './scope.ts';
import { quoted } from './wording.ts';

/** How many elements the tensor that a `ConstantOfShape` node fills can have. */
export const mostFilledElements: number = 2 ** 31 - 1;

/** How many extents the shape given to a `ConstantOfShape` node can have. */
const highestRank = 64;

/** What a node or an initializer stores, before it has its unique name. */
export interface Found {
  readonly kept: Omit<Constant, 'name'>;
  /** `null` where it cannot be replaced, because each call of a function brings its own. */
  readonly place: Place | null;
}

/**
 * Gives a stored tensor its unique name and puts it into `constants`; one of a function body has one
 * name for all calls and goes to those of the functions.
 */
export function keep(
  decoding: Decoding,
  scope: Scope,
  local: string,
  { kept, place }: Found,
  constants: Map<string, Constant>,
): void {
  const isShared = scope.functionPrefix !== null && place !== null;
  const before = isShared ? decoding.namesInFunctions.get(place.message) : scope.names.get(local);
  const prefix = isShared ? scope.functionPrefix : scope.prefix;
  const name = before ?? claimed(decoding.valueNames, `${prefix}${local}`);
  scope.names.set(local, name);
  if (isShared) {
    if (before !== undefined) return;
    decoding.namesInFunctions.set(place.message, name);
  }
  const constant: Constant = { name, ...kept };
  decoding.constants.set(name, constant);
  (isShared ? decoding.ofFunctions : constants).set(name, constant);
  if (place !== null) decoding.stored.set(name, { constant, place });
}

/** An attribute of a node, taken from the call where a function body refers to one. */
function attributeOf(
  node: NodeProto,
  scope: Scope,
  names: RegExp,
): { readonly attribute: AttributeProto; readonly isOfCall: boolean } | null {
  const attribute = node.attribute.find(({ name }) => names.test(name));
  if (attribute === undefined) return null;
  if (attribute.refAttrName === '') return { attribute, isOfCall: false };
  const given = scope.attributes.get(attribute.refAttrName);
  return given === undefined ? null : { attribute: given[0], isOfCall: true };
}

function tensorOfNumbers(attribute: AttributeProto, where: string): Tensor | null {
  const { f, i, floats, ints } = attribute;
  const field = attributeField(attribute, where);
  if (field === 'f') return { dtype: 'float32', shape: [], data: Float32Array.of(f) };
  if (field === 'i') return { dtype: 'int64', shape: [], data: BigInt64Array.of(i) };
  if (field === 'floats') {
    return { dtype: 'float32', shape: [floats.length], data: Float32Array.from(floats) };
  }
  if (field === 'ints') {
    return { dtype: 'int64', shape: [ints.length], data: BigInt64Array.from(ints) };
  }
  return null;
}

/** What a `Constant` node stores; `null` for other nodes and for values that no `Tensor` can be. */
export function constantOf(decoding: Decoding, scope: Scope, node: NodeProto): Found | null {
  if (node.opType !== 'Constant' || domainOf(node.domain) !== '' || node.output.length !== 1) {
    return null;
  }
  const where = `${decoding.file}: constant ${quoted(node.output[0])}`;
  const given = attributeOf(node, scope, /^value(_floats?|_ints?)?$/);
  if (given === null) return null;
  const { attribute, isOfCall } = given;
  const place: Place | null = isOfCall ? null : { kind: 'constant', message: attribute };
  if (attributeField(attribute, where) === 't' && attribute.t !== undefined) {
    const { dtype, shape, read } = storedIn(decoding, attribute.t, where);
    return dtype === null ? null : { kept: { dtype, shape, source: 'constant', read }, place };
  }
  const tensor = tensorOfNumbers(attribute, where);
  if (tensor === null) return null;
  const { dtype, shape } = tensor;
  return { kept: { dtype, shape, source: 'constant', read: () => tensor }, place };
}

function storedShape(constant: Constant, where: string): readonly number[] | null {
  const { dtype, shape, read } = constant;
  if (dtype !== 'int64' || shape.length !== 1) return null;
  if (shape[0] > highestRank) {
    throw new RangeError(
      `${where}: the stored shape must have at most ${highestRank} extents, got ${shape[0]}`,
    );
  }
  const extents = Array.from(read().data, Number);
  const size = sizeOf(extents.filter((extent) => extent !== 0));
  if (extents.some((extent) => extent < 0) || size > mostFilledElements) {
    throw new RangeError(
      `${where}: the stored shape must have extents of at least 0 and fewer than 2^31 elements, got [${extents.join(',')}]`,
    );
  }
  return extents;
}

function filled(element: Tensor, shape: readonly number[], where: string): Tensor {
  const { dtype, data } = element;
  const byteLength = sizeOf(shape) * bytesPerElement(dtype);
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(byteLength);
  } catch (error) {
    throw new RangeError(
      `${where}: there must be memory for its ${byteLength} bytes, got too little`,
      { cause: error },
    );
  }
  const tensor = tensorOfBytes(where, dtype, shape, bytes);
  const { data: made } = tensor;
  if (made instanceof BigInt64Array || made instanceof BigUint64Array) made.fill(BigInt(data[0]));
  else made.fill(Number(data[0]));
  return tensor;
}

const zero: Tensor = { dtype: 'float32', shape: [1], data: new Float32Array(1) };

/**
 * What a `ConstantOfShape` node whose shape is stored makes; `null` for other nodes. `RangeError` for a
 * shape beyond `mostFilledElements`; memory is taken only when the constant is read.
 */
export function constantOfShapeOf(decoding: Decoding, scope: Scope, node: NodeProto): Found | null {
  const isOne = node.opType === 'ConstantOfShape' && domainOf(node.domain) === '';
  if (!isOne || node.output.length !== 1 || node.input.length !== 1) return null;
  const shapeName = lookUp(scope, node.input[0]);
  const stored = decoding.constants.get(shapeName ?? '');
  if (stored === undefined) return null;
  if (scope.functionPrefix !== null && !decoding.ofFunctions.has(stored.name)) return null;
  const where = `${decoding.file}: ${quoted(node.output[0])}`;
  const shape = storedShape(stored, where);
  if (shape === null) return null;
  let element = zero;
  const value = node.attribute.find(({ name }) => name === 'value');
  if (value !== undefined) {
    if (value.refAttrName !== '' || value.t === undefined) return null;
    const { dtype, shape: one, read } = storedIn(decoding, value.t, where);
    if (dtype === null) return null;
    if (sizeOf(one) !== 1) {
      throw new RangeError(
        `${where}: the value of a ConstantOfShape must have one element, got shape [${one.join(',')}]`,
      );
    }
    element = read();
  }
  const { dtype } = element;
  const read = (): Tensor => filled(element, shape, where);
  return {
    kept: { dtype, shape, source: 'constantOfShape', read },
    place: { kind: 'constantOfShape', message: node, body: scope.body },
  };
}
