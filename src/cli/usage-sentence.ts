/** What commander says of a wrong call, in our voice. */
export function usageSentence(text: string): string {
  return text
    .replace(/^error: /, 'stepzero: ')
    .replace(
      /command-argument value '([^]*)' is invalid for argument '([^']*)'\. Allowed choices are ([^]*?)\.?\n/,
      (_, value: string, argument: string, choices: string) =>
        `${argument}: must be one of ${choices}, got ${value === '' ? 'nothing' : value}\n`,
    )
    .replace(
      /option '(?:-\w, )?(--[\w-]+)[^']*' argument '([^]*)' is invalid\. ([^]*?)\.?\n/,
      (_, option: string, value: string, must: string) =>
        `${option}: ${must.replace(/^Allowed choices are/, 'must be one of')}, got ${value === '' ? 'nothing' : value}\n`,
    );
}
