import { isTimeZone } from '@app/charge-box';
import { z } from 'zod';
import { named } from '../schema-documents';
import { answers, answersChange } from './answerers';
import { suspicionNames } from './transaction-rows';
import {
  askedIdentity,
  clearable,
  connectorId,
  format,
  idTag,
  moment,
  momentText,
  paging,
  text,
  transactionId,
  truthText,
} from './fields';

const filter = (description: string) => z.string().min(1).max(1000).optional().meta({ description });

export const chargeBoxQuery = z.strictObject({
  registration: z
    .enum(['Accepted', 'Rejected', 'Unknown'])
    .optional()
    .meta({ description: 'Only with this decision.' }),
  vendor: filter('Only of this vendor.'),
  model: filter('Only of this model.'),
  search: filter('Part of identity, serial number or note; letter case does not count.'),
  silentSince: momentText
    .optional()
    .meta({ description: 'Only those last seen before.', example: '2026-03-01T00:00:00Z' }),
  silent: truthText
    .optional()
    .meta({ description: 'Only those silent for more than twice their interval, or others.' }),
  ...paging,
});

export const candidateQuery = chargeBoxQuery.omit({ registration: true });

const types = (value: unknown) => (typeof value === 'string' ? value.split(',') : value);

export const eventQuery = z.strictObject({
  type: z
    .preprocess(types, z.array(z.string().min(1).max(100)).max(50))
    .optional()
    .meta({ description: 'Only of these types; with commas or repeated.', example: ['TransactionStarted'] }),
  ...paging,
});

const span = {
  from: momentText.optional().meta({ description: 'At or after this time.', example: '2026-03-01T00:00:00Z' }),
  to: momentText.optional().meta({ description: 'Before this time.', example: '2026-04-01T00:00:00Z' }),
};

export const transactionQuery = z.strictObject({
  identity: filter('Only of this charge box.'),
  connectorId: connectorId.optional(),
  idTag: filter('Only of this idTag.'),
  status: z.enum(['open', 'stopped', 'closed']).optional().meta({ description: 'Only in this state.' }),
  ...span,
  suspicion: z
    .enum(['any', ...suspicionNames])
    .optional()
    .meta({ description: 'Only with this suspicion, or with `any`.' }),
  ...paging,
  ...format,
});

export const orphanQuery = z.strictObject({
  identity: filter('Only of this charge box.'),
  bound: truthText.optional().meta({ description: 'Only those bound to a transaction, or not yet.' }),
  settled: truthText.optional().meta({ description: 'Only those bound or dismissed, or neither.' }),
  ...paging,
});

const meterValueFilter = {
  connectorId: connectorId.optional(),
  measurand: filter('Only of this measurand.'),
  ...span,
  ...paging,
  ...format,
};

export const meterValueQuery = z.strictObject({
  identity: filter('Only of this charge box.'),
  transactionId: transactionId.optional(),
  ...meterValueFilter,
});
export const transactionMeterValueQuery = z.strictObject(meterValueFilter);

export const idTagQuery = z.strictObject({
  search: filter('Part of idTag or note; letter case does not count.'),
  blocked: truthText.optional().meta({ description: 'Only blocked ones, or only others.' }),
  parentIdTag: filter('Only of this group.'),
  ...paging,
  ...format,
});

export const identityPath = z.strictObject({ identity: askedIdentity });
export const transactionPath = z.strictObject({ id: transactionId });
export const orphanPath = z.strictObject({ identity: askedIdentity, orphanId: text(100) });

export const registrationBody = named(
  z.strictObject({ registration: z.enum(['Accepted', 'Rejected']) }),
  'RegistrationDecision',
  {
    description: 'Whether the charge box may charge.',
    example: { registration: 'Accepted' },
  },
);

// A URL that the service calls. Where it may lead is for the allow-list, not for this.
const serviceUrl = z
  .url({ protocol: /^https?$/, error: 'This is no http or https URL.' })
  .max(2048)
  .refine((value) => !URL.canParse(value) || (new URL(value).username === '' && new URL(value).password === ''), {
    error: 'A URL with a user name or password is not kept.',
    params: { code: 'credentials' },
  });

export const chargeBoxPatch = named(
  z
    .strictObject({
      timeZone: clearable(
        z.string().refine(isTimeZone, { error: 'This is no IANA name of a time zone.', params: { code: 'time-zone' } }),
      ).meta({
        description: 'Zone in which times without zone are read; null: UTC.',
      }),
      addressOverride: clearable(serviceUrl).meta({ description: 'URL to call the box at; null: where it says.' }),
      note: clearable(text(2000)),
      answers: clearable(answers).meta({
        description: 'Who answers its requests, by operation, replaced whole; null: the rules for all.',
      }),
    })
    .refine((change) => Object.keys(change).length > 0, {
      error: 'Nothing to change is named.',
      params: { code: 'no-change' },
    }),
  'ChargeBoxChange',
  {
    description: 'A partial change: absent leaves, null clears.',
    example: { timeZone: 'Europe/Berlin', addressOverride: null, note: 'Car park, level 2' },
  },
);

export const answersPatch = named(
  answersChange.refine((change) => Object.keys(change).length > 0, {
    error: 'No operation is named.',
    params: { code: 'no-change' },
  }),
  'ChargeBoxAnswersChange',
  {
    description: 'What changes of the rules of a charge box: absent leaves, null: the rule for all.',
    example: { Authorize: 'delegated', StartTransaction: null },
  },
);

export const closeBody = named(
  z.strictObject({
    meterStop: z.int().min(0).optional().meta({ description: 'Wh' }),
    stoppedAt: moment.optional(),
    orphanId: text(100).optional().meta({ description: 'The orphaned stop that belongs to the transaction.' }),
    reason: text(500),
  }),
  'TransactionClosing',
  {
    description: 'Ends a transaction by hand, or corrects its end by an orphaned stop.',
    example: { meterStop: 111_000, stoppedAt: '2026-03-01T10:00:00Z', reason: 'The box was replaced.' },
  },
);

export const dismissBody = named(z.strictObject({ reason: text(500) }), 'OrphanDismissal', {
  description: 'Why an orphaned stop belongs nowhere.',
  example: { reason: 'A transaction of the former system.' },
});

const idTagFields = {
  parentIdTag: idTag.optional(),
  expiryDate: moment.optional(),
  blocked: z.boolean().default(false),
  concurrentTransactions: z.boolean().default(false),
  note: text(500).optional(),
};
const exampleTag = { parentIdTag: 'FLEET', expiryDate: '2027-01-01T00:00:00Z', blocked: false, note: 'Van 7' };

export const idTagBody = named(z.strictObject({ idTag: idTag.optional(), ...idTagFields }), 'IdTagDetails', {
  description: 'All that is kept of an idTag; what is absent is cleared.',
  example: exampleTag,
});

export const newIdTagBody = named(z.strictObject({ idTag, ...idTagFields }), 'NewIdTag', {
  description: 'A new idTag.',
  example: { idTag: '04A2B3C4D5', ...exampleTag },
});

export const idTagPatch = named(
  z
    .strictObject({
      parentIdTag: clearable(idTag),
      expiryDate: clearable(moment),
      blocked: z.boolean().optional(),
      concurrentTransactions: z.boolean().optional(),
      note: clearable(text(500)),
    })
    .refine((change) => Object.keys(change).length > 0, {
      error: 'Nothing to change is named.',
      params: { code: 'no-change' },
    }),
  'IdTagChange',
  { description: 'A partial change: absent leaves, null clears.', example: { blocked: true } },
);
