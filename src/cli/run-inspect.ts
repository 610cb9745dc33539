import { describeNetwork } from '../network/index.ts';
import { inspectTable } from '../report/index.ts';
import { loadModel } from './load.ts';
import { printJson, printText, textOptions } from './print.ts';

/** Prints what every stored tensor of a model is. */
export async function runInspect(text: string, { json }: { json?: boolean }): Promise<void> {
  const { label, model } = loadModel(text);
  const network = describeNetwork(model.graph);
  const parameters = network.parameters.map(({ followedBy, ...parameter }) => ({
    name: parameter.name,
    shape: parameter.shape,
    role: parameter.role,
    fanIn: parameter.fanIn,
    fanOut: parameter.fanOut,
    activation: followedBy,
    precededBy: parameter.precededBy,
    dtype: parameter.dtype,
    operator: parameter.operator,
    node: parameter.node,
    uses: parameter.uses,
    layout: parameter.layout,
    groups: parameter.groups,
    blocks: parameter.blocks,
    position: parameter.position,
    normalised: parameter.normalised,
    branchEnd: parameter.branchEnd,
    problem: parameter.problem,
  }));
  if (json === true) {
    const { depth, branches, normalised, activations } = network;
    printJson({ version: 1, model: label, depth, branches, normalised, activations, parameters });
    return;
  }
  printText(`${label}: ${network.depth} layers deep, ${network.branches} residual branches\n`);
  printText(inspectTable(parameters, textOptions()).join('\n'));
}
