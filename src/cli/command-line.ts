/** The command line that this process was started with, as a shell takes it. */
export function commandLine(): string {
  return ['stepzero', ...process.argv.slice(2)].map(quoted).join(' ');
}

function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument)
    ? argument
    : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}
