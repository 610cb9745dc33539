import type { Graph, Node } from '../../graph/index.ts';

/** What flows in is told apart from rounding by this. */
const ROUNDING = 1e-9;

/**
 * The values that every path from the inputs to the seeds passes: one unit flows in at the inputs, parts
 * equally where a value is used several times, and all of it comes together again at these.
 */
export function bottlenecksOf(graph: Graph, seeds: readonly string[]): ReadonlySet<string> {
  const leads = new Set(seeds);
  const users = new Map<string, Node[]>();
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((output) => leads.has(output))) continue;
    for (const input of node.inputs) {
      if (input === '' || graph.constants.has(input)) continue;
      leads.add(input);
      const list = users.get(input);
      if (list === undefined) users.set(input, [node]);
      else list.push(node);
    }
  }
  const isSeed = new Set(seeds);
  const inputs = graph.inputs.filter(({ name }) => leads.has(name) && !/mask/i.test(name));
  const flow = new Map(inputs.map(({ name }) => [name, 1 / inputs.length]));
  const arrived = new Map<Node, number>();
  const share = (value: string): void => {
    const amount = flow.get(value) ?? 0;
    const list = users.get(value) ?? [];
    if (amount === 0 || isSeed.has(value)) return;
    for (const node of list) arrived.set(node, (arrived.get(node) ?? 0) + amount / list.length);
  };
  for (const { name } of inputs) share(name);
  for (const node of graph.nodes) {
    const amount = arrived.get(node) ?? 0;
    const outputs = node.outputs.filter((output) => leads.has(output));
    for (const output of outputs) {
      flow.set(output, amount / outputs.length);
      share(output);
    }
  }
  return new Set([...flow].filter(([, amount]) => amount > 1 - ROUNDING).map(([value]) => value));
}
