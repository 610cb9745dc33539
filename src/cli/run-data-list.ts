import { dataSets } from '../data/index.ts';
import { publishedSets } from '../files/index.ts';
import { architecturesTable } from '../report/index.ts';
import { printJson, printText, textOptions } from './print.ts';

/** Prints everything that a network can learn. */
export function runDataList({ json }: { readonly json?: boolean }): void {
  const rows = dataSets.map(({ name, form, description }) => {
    const published = publishedSets.find((set) => set.name === name);
    return { name, form, description, bytes: published?.bytes ?? null };
  });
  if (json === true) {
    printJson({ version: 1, dataSets: rows });
    return;
  }
  const described = rows.map(({ name, form, description, bytes }) => ({
    name,
    grammar: form,
    description,
    examples: bytes === null ? [] : [`stepzero data fetch ${name}`],
    defaults: '',
  }));
  printText(architecturesTable(described, textOptions()).join('\n'));
}
