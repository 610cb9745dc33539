import { create, type Message } from '@bufbuild/protobuf';
import {
  ModelProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  type TensorProto,
} from 'onnx-buf';
import type { Model } from './model.ts';
import { encoded, type Encoded } from './pieces.ts';
import { detached, withoutData, type Values } from './replace.ts';
import { externalPlace } from './external.ts';
import { isExternal, type RawData } from './tensor-proto.ts';
import { copyOf, edited, tensorsOf, type Edit } from './walk.ts';

/** Every tensor starts at a multiple of this many bytes, a page, so that it can be mapped into memory. */
const alignment = 4096;

/** A tensor with fewer bytes than this stays in the model. */
const smallest = 1024;

/** A model and the file beside it that holds its large tensors. */
export interface EncodedApart {
  readonly model: Encoded;
  readonly data: Encoded;
}

function placedAt(
  tensor: TensorProto,
  location: string,
  offset: number,
  length: number,
): TensorProto {
  const entries = { location, offset, length };
  const externalData = Object.entries(entries).map(([key, value]) =>
    create(StringStringEntryProtoSchema, { key, value: String(value) }),
  );
  const dataLocation = TensorProto_DataLocation.EXTERNAL;
  return copyOf(withoutData(tensor), { externalData, dataLocation });
}

/** The files beside a model in which its tensors lie, as paths relative to its folder. */
export function externalLocations(model: Model): readonly string[] {
  const locations = [...tensorsOf(model.proto)]
    .filter(isExternal)
    .map((tensor) => externalPlace(tensor, tensor.name).location);
  return [...new Set(locations)];
}

/** The data of the tensors that are to lie apart: large initializers, and what came from elsewhere. */
function* dataApart(
  initializers: ReadonlySet<Message>,
  tensors: Iterable<TensorProto>,
  data: ReadonlyMap<Message, RawData>,
): Generator<readonly [TensorProto, RawData], void> {
  for (const tensor of tensors) {
    const { rawData } = tensor;
    const inside =
      initializers.has(tensor) && rawData.length > 0
        ? { byteLength: rawData.length, read: () => rawData }
        : null;
    const raw = data.get(tensor) ?? inside;
    if (raw !== null && raw.byteLength >= smallest) yield [tensor, raw];
  }
}

/**
 * An ONNX file whose large tensors lie in a second file, `location` in the same folder: for models that
 * would be 2 GiB or more in one. Both in pieces; a tensor is made when its piece is asked for.
 */
export function encodeApart(model: Model, values: Values, location: string): EncodedApart {
  const { proto, data } = detached(model, values);
  const initializers = new Set<Message>(proto.graph?.initializer);
  const edits = new Map<Message, Edit>();
  const placed: (readonly [offset: number, raw: RawData])[] = [];
  let end = 0;
  for (const [tensor, raw] of dataApart(initializers, tensorsOf(proto), data)) {
    const offset = Math.ceil(end / alignment) * alignment;
    const after = placedAt(tensor, location, offset, raw.byteLength);
    edits.set(tensor, () => after);
    placed.push([offset, raw]);
    end = offset + raw.byteLength;
  }
  return {
    model: encoded(ModelProtoSchema, edited(proto, edits), data),
    data: {
      byteLength: end,
      pieces: function* () {
        let at = 0;
        for (const [offset, raw] of placed) {
          if (offset > at) yield new Uint8Array(offset - at);
          yield raw.read();
          at = offset + raw.byteLength;
        }
      },
    },
  };
}
