import type { Node } from '../../graph/index.ts';
import type { Type } from '../type.ts';

/** What is known around a node: the types of the values it can see, and how to infer more. */
export interface Around {
  readonly typeOf: (name: string) => Type;
  readonly infer: Infer;
}

/** The types of the outputs of a node from those of its inputs; an omitted input has an unknown type. */
export type Infer = (node: Node, inputs: readonly Type[], around: Around) => Type[];
