import { damageOf } from '@app/event-store';
import type { Check } from './check';

/** The file of an embedded store is whole. */
export const fileCheck: Check = {
  name: 'file',
  doc: 'pages and indexes of the file of an embedded store',
  begin: ({ storeFile }, report) =>
    storeFile === undefined
      ? { skipped: 'it is no file of an embedded store' }
      : {
          end: () => {
            for (const line of damageOf(storeFile))
              report({
                code: 'damaged',
                what: `The file ${storeFile} is damaged: ${line}`,
                place: {},
                todo: 'Stop the service, copy the file away, and restore the last good backup. See to the disk.',
              });
          },
        },
};
