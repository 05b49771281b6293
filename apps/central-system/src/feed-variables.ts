import { variable, whole } from './variable';

/** The variables about those who follow feeds. */
export const feedVariables = {
  FEED_SUBSCRIBERS: variable(whole(0, 1_000_000, 10_000), '10000', 'Connections that may follow a feed at once.'),
  FEED_PATIENCE: variable(
    whole(1, 3_600, 30),
    '30',
    'Seconds that a follower of a feed may leave unread what was written to it; then it is cut off, and resumes.',
  ),
};
