// Prints every connector as it is, and then as it changes. Needs the package ocpp-central-system-client.
//   API=http://127.0.0.1:3000 KEY=... node follow-connectors.mjs
import { CentralSystemClient } from 'ocpp-central-system-client';

const client = new CentralSystemClient({ url: process.env.API ?? 'http://127.0.0.1:3000', key: process.env.KEY ?? '' });
const connectors = new Map();

for await (const message of client.feed('connectors')) {
  switch (message.event) {
    case 'row': {
      const { key, row } = message.data;
      connectors.set(key, row);
      console.log(`${row.identity} ${row.connectorId}: ${row.status}`);
      break;
    }
    case 'removed':
      connectors.delete(message.data.key);
      break;
    case 'reset':
      connectors.clear();
      break;
    case 'caught-up':
      console.log(`${connectors.size} connectors are known`);
  }
}
