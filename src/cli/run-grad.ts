import { extname } from 'node:path';
import { gradient, jvp, vjp } from '../autodiff/index.ts';
import { writeModelFile } from '../files/index.ts';
import { modelOf, type Graph, type ValueInfo } from '../graph/index.ts';
import { printable } from '../report/index.ts';
import { UsageError } from './failure.ts';
import { loadModel, readPlaces, stemOf } from './load.ts';
import { checkPlaces } from './places.ts';
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
    const output = options.out ?? `${stemOf(loaded)}.grad.onnx`;
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
