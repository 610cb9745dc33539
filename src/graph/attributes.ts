import type { Node } from './graph.ts';

/** The number in an attribute of a node, or `fallback` where there is none. */
export function numberAttribute(node: Node, name: string, fallback: number): number {
  const value = node.attributes[name];
  return typeof value === 'number' ? value : fallback;
}

/** The text in an attribute of a node, or `fallback` where there is none. */
export function textAttribute(node: Node, name: string, fallback: string): string {
  const value = node.attributes[name];
  return typeof value === 'string' ? value : fallback;
}

/** The list of numbers in an attribute of a node, `null` where there is none. */
export function numbersAttribute(node: Node, name: string): readonly number[] | null {
  const value = node.attributes[name];
  if (!Array.isArray(value)) return null;
  const numbers = value.filter((item) => typeof item === 'number');
  return numbers.length === value.length ? numbers : null;
}
