import { ModelProtoSchema } from 'onnx-buf';
import type { Model } from './model.ts';
import { encoded, joined, type Encoded } from './pieces.ts';
import { detached, type Values } from './replace.ts';

/** Bytes that a protobuf message must have fewer than. */
export const protobufLimit: number = 2 ** 31;

/**
 * An ONNX file in pieces: the model with other values for the named constants, everything else as it
 * was, in one file that needs no other. A large tensor is made when its piece is asked for and not held.
 */
export function encodePieces(model: Model, values: Values = new Map()): Encoded {
  const { proto, data } = detached(model, values);
  return encoded(ModelProtoSchema, proto, data);
}

/**
 * The bytes of an ONNX file: the model with other values for the named constants, everything else as it
 * was, in one file that needs no other. `RangeError` for an unknown name, for a value of another dtype
 * or shape, and for a file of 2 GiB or more, which the format cannot be.
 */
export function encodeModel(model: Model, values: Values = new Map()): Uint8Array {
  const whole = encodePieces(model, values);
  if (whole.byteLength >= protobufLimit) {
    throw new RangeError(
      `encodeModel: one ONNX file must be smaller than ${protobufLimit} bytes, got ${whole.byteLength}`,
    );
  }
  return joined(whole);
}
