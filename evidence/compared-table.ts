import type { ComparedChain } from './chain.ts';
import { markdownTable } from './section.ts';
import { errorsText, shown } from './verdict.ts';

/** The numbers of several chains side by side: theory, measured, and how many standard errors they are apart. */
export function comparedTable(
  chains: readonly ComparedChain[],
  nameOf: (compared: ComparedChain) => string,
): string {
  const head = ['', ...chains.flatMap((one) => [`${nameOf(one)}: theory`, 'measured', 'apart'])];
  const rows = chains[0].lines.map(({ name }, i) => [
    name,
    ...chains.flatMap(({ lines }) => [
      shown(lines[i].theory),
      shown(lines[i].measured),
      errorsText(lines[i]),
    ]),
  ]);
  return markdownTable(head, rows);
}
