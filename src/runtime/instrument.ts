import { create, type Message } from '@bufbuild/protobuf';
import { NodeProtoSchema, ValueInfoProtoSchema, type ValueInfoProto } from 'onnx-buf';
import { dataTypeOf, type Constant, type Model } from '../graph/index.ts';
import { endsLast } from './order.ts';

/** What a copy of a model that is only to be run differs in. */
export interface Instruments {
  /** Values that become its outputs, in place of those that it has. */
  readonly outputs: readonly string[];
  /** Values whose shape becomes an output, named as `shapeOutput` says. */
  readonly shapes?: readonly string[];
  /** Which of its `liftable` tensors become inputs, so that a run takes their values without encoding them. */
  readonly lifted?: ReadonlyMap<string, Constant>;
}

/** The output that holds the shape of a value. */
export function shapeOutput(value: string): string {
  return `${value}:shape`;
}

/** The stored tensors of a model's own graph (not of its functions and subgraphs) that can become inputs. */
export function liftable(model: Model): ReadonlyMap<string, Constant> {
  const { initializer, node } = model.proto.graph;
  const names = new Map<Message, string>();
  for (const tensor of initializer) names.set(tensor, tensor.name);
  for (const made of node) {
    names.set(made, made.output[0]);
    if (made.opType === 'Constant') names.set(made.attribute[0], made.output[0]);
  }
  const constants = new Map<string, Constant>();
  for (const [name, { constant, place }] of model.stored) {
    if (constant.dtype !== 'bfloat16' && names.get(place.message) === name) {
      constants.set(name, constant);
    }
  }
  return constants;
}

function inputInfo({ name, dtype, shape }: Constant): ValueInfoProto {
  const dim = shape.map((extent) => ({
    value: { case: 'dimValue' as const, value: BigInt(extent) },
  }));
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: dataTypeOf(dtype), shape: { dim } } } },
  });
}

/** A copy of a message with some fields changed, which shares the others. */
function changed<M extends Message>(message: M, changes: Partial<M>): M {
  const copy: M = Object.create(Object.getPrototypeOf(message));
  return Object.assign(copy, message, changes);
}

/**
 * A copy of a model, which shares all that is not changed, with other outputs and with stored tensors
 * turned into inputs. It is there to be encoded and run; its `graph` is still that of the model.
 */
export function instrument(model: Model, instruments: Instruments): Model {
  const { outputs, shapes = [], lifted = new Map<string, Constant>() } = instruments;
  const { graph } = model.proto;
  const declared = new Set(graph.input.map(({ name }) => name));
  const gone = new Set<Message>(graph.initializer.filter(({ name }) => lifted.has(name)));
  const graphProto = changed(graph, {
    input: [
      ...graph.input,
      ...[...lifted.values()].filter(({ name }) => !declared.has(name)).map(inputInfo),
    ],
    initializer: graph.initializer.filter((tensor) => !gone.has(tensor)),
    node: [
      ...endsLast(graph.node.filter(({ output }) => !output.some((name) => lifted.has(name)))),
      ...shapes.map((name) =>
        create(NodeProtoSchema, { opType: 'Shape', input: [name], output: [shapeOutput(name)] }),
      ),
    ],
    output: [...outputs, ...shapes.map(shapeOutput)].map((name) =>
      create(ValueInfoProtoSchema, { name }),
    ),
  });
  return {
    ...model,
    proto: changed(model.proto, { graph: graphProto }),
    elsewhere: new Map([...model.elsewhere].filter(([tensor]) => !gone.has(tensor))),
  };
}
