import { isNetworkScheme, networkSchemes } from '../advise/index.ts';
import { schemes, type Options } from '../init/index.ts';
import { architectures } from '../network/index.ts';
import { architecturesTable, schemesTable, titled } from '../report/index.ts';
import { printJson, printText, textOptions } from './print.ts';

/** Prints every scheme, those for one tensor and those for a whole network apart. */
export function runSchemes({ json }: { json?: boolean }): void {
  const rows = [...schemes, ...networkSchemes].map((record) => {
    const { name, formula, options, use, reference } = record;
    const scope = isNetworkScheme(record) ? 'network' : 'tensor';
    return { name, scope, formula, options, use, reference };
  });
  if (json === true) {
    printJson({ version: 1, schemes: rows });
    return;
  }
  const options = textOptions();
  const sections = SCOPES.map(([scope, title]) => {
    const described = rows
      .filter((row) => row.scope === scope)
      .map(({ name, formula, options: own, use, reference }) => ({
        name,
        formula,
        use: `${use}${optionsText(own)}`,
        reference,
      }));
    return titled(title, schemesTable(described, options), options).join('\n');
  });
  printText(sections.join('\n\n\n'));
}

const SCOPES = [
  ['tensor', 'For one tensor (sample NAME), or for every weight (init MODEL --scheme NAME)'],
  ['network', 'Planned over a whole network (init MODEL --scheme NAME)'],
] as const;

/** Prints every named architecture. */
export function runArchitectures({ json }: { json?: boolean }): void {
  const rows = architectures.map(({ name, grammar, description, examples, defaults }) => ({
    name,
    grammar,
    description: `${description} The bare name is ${defaults}.`,
    examples,
    defaults,
  }));
  if (json === true) printJson({ version: 1, architectures: rows });
  else printText(architecturesTable(rows, textOptions()).join('\n'));
}

function optionsText(options: Options): string {
  const list = Object.entries(options).map(([name, value]) => `${name}=${value}`);
  return list.length === 0 ? '' : `; options ${list.join(', ')}`;
}
