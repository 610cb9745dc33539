import { schemes } from '../init/index.ts';
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
  else printText(schemesTable(rows, textOptions()).join('\n'));
}

/** Prints every named architecture. */
export function runArchitectures({ json }: { json?: boolean }): void {
  const rows = architectures.map(({ name, grammar, description, examples }) => ({
    name,
    grammar,
    description,
    examples,
  }));
  if (json === true) printJson({ version: 1, architectures: rows });
  else printText(architecturesTable(rows, textOptions()).join('\n'));
}
