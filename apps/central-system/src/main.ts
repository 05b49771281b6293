import { systemClock } from '@app/kernel';

console.log(systemClock.now() > 0);
