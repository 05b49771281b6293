import type { CentralSystemOperation } from '@app/ocpp';
import { ocpp15 } from '@app/ocpp';
import { z } from 'zod';

export const centralSystemOperations = Object.keys(ocpp15.centralSystem.operations) as [
  CentralSystemOperation,
  ...CentralSystemOperation[],
];

const operation = z.enum(centralSystemOperations);
const answerer = z.enum(['automatic', 'delegated']);

/** Who answers requests of charge boxes, by operation. */
export const answers = z
  .partialRecord(operation, answerer)
  .meta({ description: 'Who answers, by operation.', example: { Authorize: 'delegated' } });

export const answersChange = z.partialRecord(operation, answerer.nullable()).meta({
  description: 'Who answers, by operation: absent leaves, null takes the rule away.',
  example: { Authorize: 'delegated', StartTransaction: null },
});
