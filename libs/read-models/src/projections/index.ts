import type { Projection } from '../projection';
import { chargeBoxes } from './charge-boxes.projection';
import { connectors } from './connectors.projection';
import { idTags } from './id-tags.projection';
import { orphans } from './orphans.projection';
import { transactions } from './transactions.projection';

/** Every projection with rows of its own. Readings, quirks and addresses only ever grow; the engine appends them. */
export const projections = [
  chargeBoxes,
  connectors,
  transactions,
  orphans,
  idTags,
] as readonly Projection<never>[] as readonly Projection<object>[];
