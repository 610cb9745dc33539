import type { Graph } from '../graph/index.ts';

/** Names that nothing in a graph has, subgraphs included as far as they are not rolled. */
export function claimer({ inputs, constants, nodes }: Graph): (name: string) => string {
  const taken = new Set([
    ...inputs.map(({ name }) => name),
    ...constants.keys(),
    ...nodes.flatMap(({ name, outputs }) => [name, ...outputs]),
  ]);
  return (name) => {
    let free = name;
    for (let index = 2; taken.has(free); index++) free = `${name}_${index}`;
    taken.add(free);
    return free;
  };
}
