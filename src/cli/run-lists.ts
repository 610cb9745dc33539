import { schemes, type Options } from '../init/index.ts';
import { architectures } from '../network/index.ts';
import { architecturesTable, schemesTable } from '../report/index.ts';
import { printJson, printText, textOptions } from './print.ts';

/** Prints every scheme. */
export function runSchemes({ json }: { json?: boolean }): void {
  const rows = schemes.map(({ name, formula, options, use, reference }) => ({
    name,
    formula,
    options,
    use,
    reference,
  }));
  if (json === true) printJson({ version: 1, schemes: rows });
  else {
    const described = rows.map(({ name, formula, options, use, reference }) => ({
      name,
      formula,
      use: `${use}${optionsText(options)}`,
      reference,
    }));
    printText(schemesTable(described, textOptions()).join('\n'));
  }
}

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
