import type { DomainEvent } from '@app/kernel';

/** A named default of what is sent to a charge box; a call may replace either part whole. */
export interface Preset {
  readonly name: string;
  readonly command?: string;
  readonly data?: object;
  readonly note?: string;
}

/** Everything that can have happened to a preset. */
export type PresetEvent =
  | DomainEvent<'PresetSaved', Preset & { readonly at: string }>
  | DomainEvent<'PresetRemoved', { readonly name: string; readonly at: string }>;

/** Current schema version of each event type's data. */
export const presetEventSchemas: Readonly<Record<PresetEvent['type'], number>> = { PresetSaved: 1, PresetRemoved: 1 };
