import type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
} from 'onnx-buf';
import type { Constant, Graph } from '../graph.ts';
import type { RawData } from './tensor-proto.ts';

/** The message of a file that holds a tensor. */
export type Place =
  | { readonly kind: 'initializer'; readonly message: TensorProto }
  | { readonly kind: 'constant'; readonly message: AttributeProto }
  | {
      readonly kind: 'constantOfShape';
      readonly message: NodeProto;
      readonly body: GraphProto | FunctionProto;
    };

/** A constant that can be replaced, and where. */
export interface Stored {
  readonly constant: Constant;
  readonly place: Place;
}

/** A network as its file has it (`proto`, never changed) and as it is read (`graph`). */
export interface Model {
  readonly graph: Graph;
  readonly proto: ModelProto & { readonly graph: GraphProto };
  /** The tensors that can be replaced, by the name of their constant. */
  readonly stored: ReadonlyMap<string, Stored>;
  /** The bytes of those tensors of `proto` that are not in it but in a file beside it, or yet to be made. */
  readonly elsewhere: ReadonlyMap<TensorProto, RawData>;
}
