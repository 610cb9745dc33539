import { create } from '@bufbuild/protobuf';
import { ValueInfoProtoSchema, type GraphProto } from 'onnx-buf';
import type { Model, Stored } from './model.ts';
import { copyOf } from './walk.ts';
import { quoted } from './wording.ts';

/**
 * The values that a model's own graph computes, by the names that its file gives them: what `withOutputs`
 * can declare. Stored tensors and values inside subgraphs and functions are not among them.
 */
export function computedValues({ proto, stored }: Model): ReadonlySet<string> {
  const names = proto.graph.node.flatMap(({ output }) => output);
  return new Set(names.filter((name) => name !== '' && !stored.has(name)));
}

/** The places of a model's constants once its graph has become another message. */
function moved(stored: Model['stored'], from: GraphProto, to: GraphProto): Model['stored'] {
  const entries = [...stored].map(([name, { constant, place }]): [string, Stored] => {
    const isHere = place.kind === 'constantOfShape' && place.body === from;
    return [name, { constant, place: isHere ? { ...place, body: to } : place }];
  });
  return new Map(entries);
}

/**
 * The model with more of its values as outputs, in this order after its own, so that a run returns them.
 * Nothing is copied. `RangeError` for a value that its graph does not compute.
 */
export function withOutputs(model: Model, names: readonly string[]): Model {
  const { proto, graph } = model;
  const computed = computedValues(model);
  const present = new Set(proto.graph.output.map(({ name }) => name));
  const added = names.filter((name) => !present.has(name));
  const unknown = added.find((name) => !computed.has(name));
  if (unknown !== undefined) {
    throw new RangeError(
      `withOutputs: an output must be a value that the graph computes, got ${quoted(unknown)}`,
    );
  }
  const output = [
    ...proto.graph.output,
    ...added.map((name) => create(ValueInfoProtoSchema, { name })),
  ];
  const infos = added.map((name) => graph.values.get(name) ?? { name, dtype: null, shape: null });
  const graphProto = copyOf(proto.graph, { output });
  return {
    ...model,
    proto: copyOf(proto, { graph: graphProto }),
    stored: moved(model.stored, proto.graph, graphProto),
    graph: { ...graph, outputs: [...graph.outputs, ...infos] },
  };
}
