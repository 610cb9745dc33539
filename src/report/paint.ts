const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

/** A way to emphasise text on a terminal. */
export type Style = keyof typeof codes;

/** Text in a style. */
export type Paint = (style: Style, text: string) => string;

/** A painter that writes ANSI codes, or one that leaves text as it is if `colour` is false. */
export function painter(colour: boolean): Paint {
  if (!colour) return (_, text) => text;
  return (style, text) => `\x1b[${codes[style][0]}m${text}\x1b[${codes[style][1]}m`;
}
