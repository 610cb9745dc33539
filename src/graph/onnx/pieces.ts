import {
  create,
  isMessage,
  toBinary,
  type DescField,
  type DescMessage,
  type Message,
} from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { TensorProtoSchema, type TensorProto } from 'onnx-buf';
import type { RawData } from './tensor-proto.ts';
import { carried, childrenOf, fieldsOf, type Fields } from './walk.ts';

/** Bytes from which on the data of a tensor are handed on as they are instead of being copied. */
const large = 4096;

/** Bytes of a file as they come one after the other, each made when its turn comes. */
export interface Encoded {
  readonly byteLength: number;
  readonly pieces: () => Generator<Uint8Array, void>;
}

type Piece = Uint8Array | RawData;

const rawDataField: DescField = TensorProtoSchema.field.rawData;

/** The data of a tensor that are to stand in its `raw_data`, `null` for few ones that are there already. */
function largeDataOf(tensor: TensorProto, data: ReadonlyMap<Message, RawData>): Piece | null {
  const given = data.get(tensor);
  if (given !== undefined) return given;
  return tensor.rawData.length >= large ? tensor.rawData : null;
}

function isLarge(
  schema: DescMessage,
  message: Message,
  data: ReadonlyMap<Message, RawData>,
): boolean {
  if (isMessage(message, TensorProtoSchema)) return largeDataOf(message, data) !== null;
  return schema.fields.some((field) => {
    const type = carried(field);
    if (type === null) return false;
    return childrenOf(message, field).some((child) => isLarge(type, child, data));
  });
}

function lengthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

function delimited(field: DescField, content: readonly Piece[]): Piece[] {
  const writer = new BinaryWriter();
  writer.tag(field.number, WireType.LengthDelimited).uint32(lengthOf(content));
  return [writer.finish(), ...content];
}

function piecesOf(
  schema: DescMessage,
  message: Message,
  data: ReadonlyMap<Message, RawData>,
): Piece[] {
  const from = message as Message & Fields;
  const pieces: Piece[] = [];
  let part = create(schema) as Message & Fields;
  const flush = (): void => {
    const bytes = toBinary(schema, part);
    if (bytes.byteLength > 0) pieces.push(bytes);
    part = create(schema);
  };
  for (const field of fieldsOf(schema)) {
    const { localName } = field;
    const type = carried(field);
    const content =
      field === rawDataField && isMessage(message, TensorProtoSchema)
        ? largeDataOf(message, data)
        : null;
    if (content !== null) {
      flush();
      pieces.push(...delimited(field, [content]));
    } else if (type === null) {
      if (Object.hasOwn(from, localName)) part[localName] = from[localName];
    } else {
      let run: Message[] = [];
      for (const child of childrenOf(message, field)) {
        if (isLarge(type, child, data)) {
          flush();
          for (const piece of delimited(field, piecesOf(type, child, data))) pieces.push(piece);
          run = [];
        } else {
          run.push(child);
          part[localName] = field.fieldKind === 'list' ? run : child;
        }
      }
    }
  }
  if (message.$unknown !== undefined) part.$unknown = message.$unknown;
  flush();
  return pieces;
}

/**
 * A message in protobuf's wire format, fields in the order of their numbers, with `data` as the
 * `raw_data` of the tensors that are its keys. Large data are neither copied nor held.
 */
export function encoded(
  schema: DescMessage,
  message: Message,
  data: ReadonlyMap<Message, RawData>,
): Encoded {
  const pieces = piecesOf(schema, message, data);
  return {
    byteLength: lengthOf(pieces),
    pieces: function* () {
      for (const piece of pieces) yield 'read' in piece ? piece.read() : piece;
    },
  };
}

/** The pieces as one array. */
export function joined({ byteLength, pieces }: Encoded): Uint8Array {
  const bytes = new Uint8Array(byteLength);
  let at = 0;
  for (const piece of pieces()) {
    bytes.set(piece, at);
    at += piece.byteLength;
  }
  return bytes;
}
