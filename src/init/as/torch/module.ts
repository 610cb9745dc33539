import type { LayerPart } from '../../../network/index.ts';
import type { DialectSpread } from '../dialect.ts';
import type { TorchGenerator } from './mersenne.ts';

/** How a module fills one of its tensors when it is built. */
export interface TorchLaw extends DialectSpread {
  /** `kaiming_uniform_(a=√5)`. */
  readonly call: string;
  readonly fill: (generator: TorchGenerator, out: Float32Array) => void;
}

/**
 * Where a tensor of a module stands: the box from `start` on of an operand holds, at an index within
 * it, the element `offset + Σ strides · index` of the tensor.
 */
export interface Place {
  readonly part: LayerPart;
  readonly start: readonly number[];
  readonly extent: readonly number[];
  readonly offset: number;
  readonly strides: readonly number[];
}

/** One parameter or buffer of a module, in PyTorch's own layout. */
export interface TorchTensor {
  readonly shape: readonly number[];
  readonly law: TorchLaw;
  /** Empty where the file does not store it. */
  readonly places: readonly Place[];
}

/** A module as PyTorch builds it. */
export interface TorchModule {
  /** `torch.nn.Linear`. */
  readonly kind: string;
  /** In the order of `module.parameters()`. */
  readonly tensors: readonly TorchTensor[];
  /** The indices of `tensors` in the order in which they are drawn. */
  readonly sequence: readonly number[];
}

/** A module whose tensors are drawn in the order of its parameters. */
export function moduleOf(kind: string, tensors: readonly TorchTensor[]): TorchModule {
  return { kind, tensors, sequence: tensors.map((_, index) => index) };
}

/** The place of a tensor that fills a whole operand; `strides` are the tensor's own along its axes. */
export function wholePlace(part: LayerPart, strides: readonly number[]): Place {
  return { part, start: part.shape.map(() => 0), extent: part.shape, offset: 0, strides };
}

/** The names of the stored tensors behind a module. */
export function namesOf({ tensors }: TorchModule): readonly string[] {
  return tensors.flatMap(({ places }) =>
    places.flatMap(({ part }) => part.pieces.map(({ parameter }) => parameter)),
  );
}

/** A module at its place in the order of construction. */
export interface Constructed {
  readonly module: TorchModule;
  /** The module whose tensors these are: another one where a container draws them again. */
  readonly owner: TorchModule;
  /** The module that it is a copy of: its values are those, and nothing is drawn for it. */
  readonly copyOf: TorchModule | null;
  /** Whether a container draws tensors again that have been drawn before. */
  readonly isAgain: boolean;
}
