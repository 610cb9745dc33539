import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, type GraphProto, type ModelProto } from 'onnx-buf';

/** How deep messages may be nested, as in onnxruntime's own reader; a subgraph takes three levels. */
const deepest = 100;

/**
 * Reads the protobuf message of an ONNX file; large tensors stay views on `bytes`. `RangeError`, one
 * sentence that starts with `file`, where the bytes are no such message or hold no graph.
 */
export function parseModel(
  bytes: Uint8Array,
  file: string,
): ModelProto & { readonly graph: GraphProto } {
  if (bytes.byteLength === 0) {
    throw new RangeError(`${file}: must be an ONNX model, got an empty file`);
  }
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let proto: ModelProto;
  try {
    proto = fromBinary(ModelProtoSchema, plain, { recursionLimit: deepest });
  } catch (error) {
    throw new RangeError(`${file}: must be a whole ONNX model, got ${reason(error)}`, {
      cause: error,
    });
  }
  const { graph } = proto;
  if (graph === undefined) {
    throw new RangeError(`${file}: must be an ONNX model with a graph, got none`);
  }
  if (graph.node.length === 0) {
    throw new RangeError(`${file}: the graph must have at least one node, got none`);
  }
  return Object.assign(proto, { graph });
}

function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  if (message.includes('recursion')) return `messages nested deeper than ${deepest}`;
  if (/EOF|bounds/.test(message)) return 'one that is cut short or damaged, or no such model';
  return 'one that is damaged, or no such model';
}
