import { endpoint } from './endpoint';
import { eventFeedQuery, feedList, feedPath, projectionFeedQuery } from './schemas/feeds';

const tag = 'Feeds';
const messages =
  'Every message has an id: a feed goes on exactly behind the one in `Last-Event-ID`, also at another instance or after a restart. ' +
  'An event `caught-up` tells that everything there is was told; `reset` that an id means nothing here and everything comes anew. ' +
  'Who does not read is cut off, and resumes. `Accept: application/x-ndjson` asks for a line of JSON for each message.';
const answer = {
  description: 'The feed; it does not end by itself unless `until` says so.',
  text: 'text/event-stream',
  lines: 'application/x-ndjson',
};

export const listFeeds = endpoint({
  tag,
  summary: 'Lists what can be followed.',
  answers: { 200: { description: 'The feeds.', schema: feedList } },
  problems: [],
});

export const followEvents = endpoint({
  tag,
  summary: 'Follows the log from its first event, then as events are recorded.',
  description: `An event \`event\` has an event of the log as its data. ${messages}`,
  query: eventFeedQuery,
  answers: { 200: answer },
  problems: ['invalid-request'],
});

export const followProjection = endpoint({
  tag,
  summary: 'Follows the rows of a projection: all there are, then those that change.',
  description:
    'A projection that lives outside of the service is followed by its name, too. ' +
    `An event \`row\` has \`key\` and \`row\` as its data, \`removed\` the key of a row that is gone. ${messages}`,
  path: feedPath,
  query: projectionFeedQuery,
  answers: { 200: answer },
  problems: ['invalid-request', 'not-found'],
});
