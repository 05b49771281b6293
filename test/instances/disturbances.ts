import type { Chance } from '../../apps/charge-box-simulator/src/random';
import type { EventStoreDbDouble } from '../support/eventstoredb/double';
import type { InstanceAtWork } from './instances';

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

type Disturbance = (instance: InstanceAtWork, double: EventStoreDbDouble, chance: Chance) => Promise<void>;

const disturbances: Readonly<Record<string, Disturbance>> = {
  'killed and started': async (instance) => {
    await instance.stop('SIGKILL');
    await instance.start();
  },
  'told to stop and started': async (instance) => {
    await instance.stop('SIGTERM');
    await instance.start();
  },
  'frozen link': async ({ link }, _double, chance) => {
    link.freeze();
    await pause(chance.whole(500, 12_000));
    link.thaw();
  },
  'cut link': async ({ link }) => link.cut(),
  'subscriptions ended': async (_instance, double) => double.drop('end'),
  'subscriptions too slow': async (_instance, double) => double.drop('too-slow'),
  'subscriptions stalled': async (_instance, double, chance) => {
    double.faults.stalled = true;
    await pause(chance.whole(500, 8_000));
    double.faults.stalled = false;
  },
  'answers lost': async (_instance, double, chance) => {
    double.faults.loseAnswers = chance.whole(1, 20);
  },
  'conflicts after landing': async (_instance, double, chance) => {
    double.faults.conflictAfterLanding = chance.whole(1, 10);
  },
  election: async (_instance, double, chance) => {
    double.faults.election = 'no-leader';
    await pause(chance.whole(500, 6_000));
    delete double.faults.election;
  },
  'store restarted': async (_instance, double, chance) => {
    await double.stop();
    await pause(chance.whole(0, 5_000));
    await double.start();
  },
};

/** Does one thing to one instance, its link or the store, and takes it back; says what it was. */
export async function disturb(
  chance: Chance,
  instances: readonly InstanceAtWork[],
  double: EventStoreDbDouble,
): Promise<string> {
  const names = Object.keys(disturbances);
  const name = names[chance.whole(0, names.length - 1)] ?? '';
  const instance = instances[chance.whole(0, instances.length - 1)];
  if (instance !== undefined) await disturbances[name]?.(instance, double, chance);
  await pause(chance.whole(200, 1_500));
  return name;
}
