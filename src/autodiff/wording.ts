import type { Node } from '../graph/index.ts';

/** A name from a file as it stands in an error sentence: quoted, on one line, at most 80 characters. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}

/** How errors name a node: `node "conv1" (Conv)`. */
export function nodeText({ name, operator, domain }: Node): string {
  return `node ${quoted(name)} (${domain === '' ? operator : `${domain}.${operator}`})`;
}
