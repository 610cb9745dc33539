import { printable } from '../report/index.ts';

/** How V8 says that something does not fit into memory. */
const tooLarge = /^(Array buffer allocation failed|Invalid .*(length|size).*)$/;

/** What to tell a person of anything thrown: one line without a stack, safe for a terminal. */
export function sentenceOf(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).trim();
  if (text === '') return 'something failed without saying why';
  return tooLarge.test(text)
    ? 'memory: there must be room for every tensor at once, got too little'
    : printable(text);
}
