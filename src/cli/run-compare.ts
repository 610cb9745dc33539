import { describeNetwork } from '../network/index.ts';
import {
  buildComparisonReport,
  comparisonHtml,
  comparisonText,
  type MeasurementReport,
} from '../report/index.ts';
import { openThreads } from '../threads/index.ts';
import { commandLine } from './command-line.ts';
import { UsageError } from './failure.ts';
import { loadModel, readPlaces, type Loaded } from './load.ts';
import { measured } from './measuring.ts';
import { checkPlaces } from './places.ts';
import { present } from './present.ts';
import { progress } from './progress.ts';
import {
  checkNames,
  givenPlaces,
  inputsOf,
  writtenPlaces,
  type MeasuringOptions,
} from './run-measure.ts';
import { schemeList } from './scheme-list.ts';
import { weightsOf, type WeightOptions } from './weights.ts';

/** Options of `compare`. */
export interface CompareOptions extends MeasuringOptions {
  readonly schemes: string;
  readonly set?: readonly string[];
  readonly keep?: readonly string[];
}

/** What stands in a list of schemes for the plan of `advise`, for the stored weights, and before a dialect. */
const ADVISED = 'advised';
const STORED = 'stored';
const DIALECT = 'as:';

/** Measures a network with one scheme after the other on the same inputs, and says which to take. */
export async function runCompare(text: string, options: CompareOptions): Promise<void> {
  const schemes = schemeList(options.schemes);
  checkNames(options);
  const bar = progress();
  const { kernels, close } = openThreads();
  try {
    bar.say(`Reading ${text}`);
    const loaded = loadModel(text);
    checkPlaces(writtenPlaces(options), [...readPlaces(loaded), ...givenPlaces(options)]);
    const network = describeNetwork(loaded.model.graph);
    const inputs = inputsOf(loaded.model.graph, options);
    // All are planned first, so that what is wrong with one is told before any is measured.
    const all = schemes.map((scheme) => {
      const wanted = weightsFor(scheme, loaded, options);
      const draws = wanted.asIs === true ? 1 : options.draws;
      return [scheme, weightsOf(loaded, network, wanted, draws, kernels)] as const;
    });
    const found: [string, MeasurementReport][] = [];
    for (const [index, [scheme, weights]] of all.entries()) {
      const say: typeof bar.say = (what, ...rest) =>
        bar.say(`${scheme} (${index + 1} of ${all.length}): ${what}`, ...rest);
      const subject = { loaded, network, weights, ...inputs };
      found.push([scheme, await measured(subject, options, say)]);
    }
    const report = buildComparisonReport(found, commandLine());
    await present(report, options, { html: comparisonHtml, text: comparisonText }, bar);
  } finally {
    bar.end();
    await close();
  }
}

/** What the name of a scheme in the list asks for. */
function weightsFor(
  scheme: string,
  { label, path }: Loaded,
  { seed, base, set, keep }: CompareOptions,
): WeightOptions {
  if (scheme === STORED) {
    if (path === null) {
      throw new UsageError(
        `--schemes: stored must be of a file whose weights are stored, got the architecture ${label}`,
      );
    }
    return { seed, asIs: true };
  }
  const shared = {
    seed,
    ...(set === undefined ? {} : { set }),
    ...(keep === undefined ? {} : { keep }),
  };
  if (scheme === ADVISED) return shared;
  if (scheme.startsWith(DIALECT)) return { ...shared, as: scheme.slice(DIALECT.length) };
  const compares = base !== undefined && /^u?mup\b/.test(scheme);
  return { ...shared, scheme, ...(compares ? { base } : {}) };
}
