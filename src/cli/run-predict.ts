import { advise, adviseAs } from '../advise/index.ts';
import { predict, type Laws } from '../meanfield/index.ts';
import { describeNetwork, type Network } from '../network/index.ts';
import { predictionReport } from '../report/index.ts';
import { dialectOption } from './dialect-option.ts';
import { UsageError } from './failure.ts';
import { loadModel, type Loaded } from './load.ts';
import { lawsOfDraws } from './plan-laws.ts';
import { printJson, printText, textOptions } from './print.ts';
import { progress } from './progress.ts';

/** Options of `predict`. */
export interface PredictCommandOptions {
  readonly seed: number;
  readonly scheme?: string;
  readonly base?: string;
  readonly set?: readonly string[];
  readonly keep?: readonly string[];
  readonly as?: string;
  readonly asIs?: boolean;
  readonly q: number;
  readonly c: number;
  readonly json?: boolean;
}

/** Prints what a network does to signal and gradient in the wide limit. */
export async function runPredict(text: string, options: PredictCommandOptions): Promise<void> {
  const bar = progress();
  try {
    bar.say(`Reading ${text}`);
    const loaded = loadModel(text);
    const { graph } = loaded.model;
    const network = describeNetwork(graph);
    const laws = lawsOf(loaded, network, options);
    bar.say('Predicting');
    const { q, c } = options;
    const prediction = predict(graph, network, laws, { model: loaded.label, q, c });
    bar.end();
    if (options.json === true) printJson(prediction);
    else printText(predictionReport(prediction, textOptions()));
  } finally {
    bar.end();
  }
}

/** The laws of the weights: of a plan, of a framework's draw, or of what is stored. */
function lawsOf(
  { label: model, path }: Loaded,
  network: Network,
  { base, as, asIs, ...options }: PredictCommandOptions,
): Laws {
  if (asIs === true) {
    if (path === null) {
      throw new UsageError(
        `--as-is: must have a file whose weights are stored, got the architecture ${model}`,
      );
    }
    return () => null;
  }
  const asked = {
    ...options,
    model,
    ...(base === undefined ? {} : { base: describeNetwork(loadModel(base).model.graph) }),
  };
  if (as === undefined) return lawsOfDraws(advise(network, asked), network);
  const { plan, values } = adviseAs(network, dialectOption(as), asked);
  return lawsOfDraws(plan, network, values);
}
