import { changedByOperation } from './answers';
import { closeTransaction, dismissOrphan } from './closing';
import type { ChargeBoxSettings } from './events';
import { decideOutbound } from './outbound/decide';
import type { OperatorDecision, OperatorMessage, Policy } from './message';
import type { ChargeBoxState } from './state';
import { isTimeZone } from './times';

/** What the operator asks is done, or refused with the reason. The same again changes nothing. */
export function decideOperator(
  message: OperatorMessage,
  box: ChargeBoxState,
  policy: Pick<Policy, 'maximumPower'>,
): OperatorDecision {
  switch (message.kind) {
    case 'decide-registration':
      return decideRegistration(message, box);
    case 'configure':
      return configure(message, box);
    case 'change-answers':
      return changeAnswers(message, box);
    case 'close-transaction':
      return closeTransaction(message, box, policy);
    case 'dismiss-orphan':
      return dismissOrphan(message, box);
    case 'want-local-list':
    case 'schedule':
      return box.registration === 'Accepted'
        ? decideOutbound(message, box)
        : refused('The charge box is not accepted. Accept it first.');
    default:
      return decideOutbound(message, box);
  }
}

type Message<Kind extends OperatorMessage['kind']> = Extract<OperatorMessage, { kind: Kind }>;

const refused = (reason: string): OperatorDecision => ({ outcome: 'refused', reason });
const nothing: OperatorDecision = { outcome: 'done', events: [] };

function decideRegistration(
  { registration, at }: Message<'decide-registration'>,
  box: ChargeBoxState,
): OperatorDecision {
  if (box.registration === registration) return nothing;
  return { outcome: 'done', events: [{ type: 'RegistrationDecided', data: { registration, by: 'operator', at } }] };
}

/** Settings that are left out stay as they are; an empty text takes a setting away. */
function configure({ settings, at }: Message<'configure'>, box: ChargeBoxState): OperatorDecision {
  const { timeZone, addressOverride } = settings;
  if (timeZone && !isTimeZone(timeZone))
    return refused('timeZone is not the name of a time zone, such as Europe/Amsterdam.');
  if (addressOverride && !/^https?:\/\/[^\s/?#@]+(?:[/?#]\S*)?$/i.test(addressOverride)) {
    return refused('addressOverride is not a URL of http or https without user and password.');
  }
  const next = merged(box.settings, settings);
  if (JSON.stringify(next) === JSON.stringify(merged(box.settings, {}))) return nothing;
  return { outcome: 'done', events: [{ type: 'ChargeBoxConfigured', data: { ...next, at } }] };
}

function changeAnswers({ change, at }: Message<'change-answers'>, box: ChargeBoxState): OperatorDecision {
  const answers = changedByOperation(box.settings.answers, change);
  return configure({ kind: 'configure', settings: { answers }, at }, box);
}

function merged(before: ChargeBoxSettings, change: ChargeBoxSettings): ChargeBoxSettings {
  const names = ['timeZone', 'addressOverride', 'note', 'answers'] as const;
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = change[name] ?? before[name];
      return value === undefined || value === '' || isEmpty(value) ? [] : [[name, value]];
    }),
  );
}

const isEmpty = (value: string | object): boolean => typeof value === 'object' && Object.keys(value).length === 0;
