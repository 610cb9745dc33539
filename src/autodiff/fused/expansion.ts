import type { Node } from '../../graph/index.ts';
import type { Scope } from '../scope.ts';

/**
 * Writes a composed operator in those that it is composed of and gives its outputs, `''` for one that is
 * not to be had; `null` for a form that is not known, which stays what it is.
 */
export type Expansion = (s: Scope, node: Node) => readonly string[] | null;
