import type { Node } from '../graph/index.ts';
import type { AxisRole } from '../tensor/index.ts';
import type { Role } from './parameter.ts';
import type { View } from './box.ts';

/** A box of an operand that is a map of its own: a gate of a direction, a projection. */
export interface OperandBlock {
  readonly name: string;
  readonly start: readonly number[];
  readonly shape: readonly number[];
  /** The operand's own where it is not given. */
  readonly fanOut?: number;
}

/** A stored tensor as a layer reads it. */
export interface Operand {
  readonly value: string;
  readonly view: View;
  readonly role: Role;
  /** One role per axis of the operand, before any rearrangement of the stored tensor. */
  readonly layout: readonly AxisRole[];
  readonly groups: number;
  readonly fanIn: number | null;
  readonly fanOut: number | null;
  readonly blocks: readonly OperandBlock[];
}

/** A linear map with stored weights: its data input, its output after its own bias, its operands. */
export interface Layer {
  readonly node: Node;
  readonly input: string;
  readonly output: string;
  readonly operands: readonly Operand[];
}
