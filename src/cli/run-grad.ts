import { basename, dirname, extname, join } from 'node:path';
import { gradient, jvp, vjp } from '../autodiff/index.ts';
import { writeModelFile } from '../files/index.ts';
import { externalLocations, modelOf, type Graph, type ValueInfo } from '../graph/index.ts';
import { printable } from '../report/index.ts';
import { UsageError } from './failure.ts';
import { loadModel, type Loaded } from './load.ts';
import { checkPlaces, type Place } from './places.ts';
import { printJson, printText } from './print.ts';
import { progress } from './progress.ts';

/** Options of `grad`. */
export interface GradOptions {
  readonly out?: string;
  readonly of?: readonly string[];
  readonly wrt?: readonly string[];
  readonly loss?: string;
  readonly forward?: boolean;
  readonly json?: boolean;
}

function differentiated(graph: Graph, { of, wrt, loss, forward }: GradOptions): Graph {
  const wanted = {
    ...(of === undefined ? {} : { of }),
    ...(wrt === undefined ? {} : { withRespectTo: wrt }),
  };
  if (forward === true) return jvp(graph, wanted);
  if (loss === undefined) return vjp(graph, wanted);
  return gradient(graph, { ...wanted, loss: loss === 'sum' ? 'sum' : 'halfSquares' });
}

function infoText({ name, dtype, shape }: ValueInfo): string {
  const extents = shape?.map((extent) => extent ?? '?').join(',') ?? '…';
  return `  ${printable(name)}  ${dtype ?? 'float32'} [${printable(extents)}]`;
}

/** Differentiates a network, writes the derivative, and says what goes in and comes out. */
export async function runGrad(text: string, options: GradOptions): Promise<void> {
  const bar = progress();
  try {
    bar.say(`Reading ${text}`);
    const loaded = loadModel(text);
    const { label, model } = loaded;
    const output = options.out ?? `${nameOf(loaded)}.grad.onnx`;
    if (extname(output) !== '.onnx') {
      throw new UsageError(`--out: must end in .onnx, got ${output}`);
    }
    checkPlaces([{ option: '--out', path: output }], readPlaces(loaded));
    bar.say('Differentiating');
    const derivative = differentiated(model.graph, options);
    bar.say(`Writing ${output}`);
    await writeModelFile(output, modelOf(derivative), new Map());
    bar.end();
    const { inputs, outputs, nodes } = derivative;
    if (options.json === true) {
      const counts = { before: model.graph.nodes.length, after: nodes.length };
      printJson({ version: 1, model: label, inputs, outputs, nodes: counts, path: output });
      return;
    }
    printText(`${label}: ${model.graph.nodes.length} nodes, its derivative ${nodes.length}`);
    printText(['inputs', ...inputs.map(infoText), 'outputs', ...outputs.map(infoText)].join('\n'));
    printText(`Wrote ${printable(output)}`);
  } finally {
    bar.end();
  }
}

function nameOf({ label, path }: Loaded): string {
  return path === null
    ? label.replaceAll(/[^A-Za-z0-9.-]+/g, '-').replace(/-+$/, '')
    : basename(path, extname(path));
}

/** The files that are read and must stay. */
function readPlaces({ path, model }: Loaded): Place[] {
  if (path === null) return [];
  const beside = externalLocations(model).map((at) => join(dirname(path), at));
  return [
    { option: 'the model', path },
    ...beside.map((file) => ({ option: 'the tensors of the model', path: file })),
  ];
}
