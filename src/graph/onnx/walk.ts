import { isMessage, type DescField, type DescMessage, type Message } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  FunctionProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  SparseTensorProtoSchema,
  TensorProtoSchema,
  TrainingInfoProtoSchema,
  type ModelProto,
  type TensorProto,
} from 'onnx-buf';

/** The messages in which tensors can lie, at any depth. */
const carriers: ReadonlySet<DescMessage> = new Set([
  ModelProtoSchema,
  GraphProtoSchema,
  NodeProtoSchema,
  AttributeProtoSchema,
  FunctionProtoSchema,
  TrainingInfoProtoSchema,
  SparseTensorProtoSchema,
  TensorProtoSchema,
]);

/** A message with fields read by name. */
export type Fields = Record<string, unknown>;

/** The fields of a message type in the order in which they are written. */
export function fieldsOf(schema: DescMessage): readonly DescField[] {
  return schema.fields.toSorted((a, b) => a.number - b.number);
}

/** The type of the messages in a field that can carry tensors, `null` for every other field. */
export function carried(field: DescField): DescMessage | null {
  const { message } = field;
  return message !== undefined && carriers.has(message) ? message : null;
}

/** The messages that stand in a field: none, one or a list. */
export function childrenOf(message: Message, field: DescField): readonly Message[] {
  const value: unknown = Reflect.get(message, field.localName);
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((item) => isMessage(item));
}

function* tensorsIn(schema: DescMessage, message: Message): Generator<TensorProto, void> {
  if (isMessage(message, TensorProtoSchema)) yield message;
  for (const field of schema.fields) {
    const type = carried(field);
    if (type === null) continue;
    for (const child of childrenOf(message, field)) yield* tensorsIn(type, child);
  }
}

/** Every tensor of a model, wherever it lies. */
export function tensorsOf(proto: ModelProto): Generator<TensorProto, void> {
  return tensorsIn(ModelProtoSchema, proto);
}

/** A message like `message` with some fields changed; the rest is shared with it. */
export function copyOf<M extends Message>(message: M, changes: Partial<M>): M {
  const copy: M = Object.create(Object.getPrototypeOf(message));
  return Object.assign(copy, message, changes);
}

/** What becomes of a message once what is inside it has been edited; `null` takes it out. */
export type Edit = (message: Message) => Message | null;

function editedOr(
  schema: DescMessage,
  message: Message,
  edits: ReadonlyMap<Message, Edit>,
): Message | null {
  const changes: Fields = {};
  for (const field of schema.fields) {
    const type = carried(field);
    if (type === null) continue;
    const before = childrenOf(message, field);
    const after = before.map((child) => editedOr(type, child, edits));
    if (after.every((child, index) => child === before[index])) continue;
    const present = after.filter((child) => child !== null);
    changes[field.localName] = field.fieldKind === 'list' ? present : present[0];
  }
  const isChanged = Object.keys(changes).length > 0;
  const changed = isChanged ? copyOf(message, changes) : message;
  const edit = edits.get(message);
  return edit === undefined ? changed : edit(changed);
}

/**
 * A model in which some messages became others, from the inside out. What has no change inside is shared
 * with the original, which stays as it is.
 */
export function edited(proto: ModelProto, edits: ReadonlyMap<Message, Edit>): ModelProto {
  const after = editedOr(ModelProtoSchema, proto, edits);
  return isMessage(after, ModelProtoSchema) ? after : proto;
}
