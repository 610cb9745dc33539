import { predict } from '../meanfield/index.ts';
import { describeNetwork } from '../network/index.ts';
import { predictionReport } from '../report/index.ts';
import { loadModel } from './load.ts';
import { printJson, printText, textOptions } from './print.ts';
import { progress } from './progress.ts';
import { lawsOf, type WeightOptions } from './weights.ts';

/** Options of `predict`. */
export interface PredictCommandOptions extends WeightOptions {
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
