export type { Architecture } from './architecture.ts';
export { architectures, buildArchitecture, isArchitecture } from './table.ts';
export type { ArchitectureText } from './text.ts';
