// Answers boots, idTags and starts of charge boxes in place of the built-in rules.
// Environment: API, the address of the service, and KEY, its key.

const { API = 'http://127.0.0.1:3000', KEY } = process.env;
const headers = { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json' };
const family = new Map([['04A2B3C4D5', 'FAMILY-1']]);

const flows = {
  BootNotification: () => ({ status: 'Accepted', currentTime: new Date(), heartbeatInterval: 90 }),
  Authorize: ({ idTag }) => ({ idTagInfo: verdict(idTag) }),
  StartTransaction: ({ idTag }) => ({ idTagInfo: verdict(idTag) }),
};

function verdict(idTag) {
  const parentIdTag = family.get(idTag);
  return parentIdTag === undefined ? { status: 'Invalid' } : { status: 'Accepted', parentIdTag };
}

async function answer(message) {
  const { command, chargeBoxIdentity } = message.ocpp;
  const flow = flows[command];
  if (flow === undefined) return;
  const body = JSON.stringify({ ...message, payload: flow(message.payload.data) });
  const url = `${API}/api/requests/${message.msgId}/response?responder=example`;
  const response = await fetch(url, { method: 'POST', headers, body });
  console.log(`${chargeBoxIdentity} ${command}: ${response.ok ? 'answered' : await response.text()}`);
}

/** Follows the feed until it breaks; returns the last place that was seen. */
async function follow(last) {
  const resume = last === undefined ? {} : { 'Last-Event-ID': last };
  const response = await fetch(`${API}/api/requests/feed?responder=example`, { headers: { ...headers, ...resume } });
  // A wrong key gets no better by being tried again.
  if (response.status === 401) process.exit((console.log(await response.text()), 1));
  if (!response.ok) throw new Error(await response.text());
  console.log('Following');
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const events = (text + chunk).split('\n\n');
    text = events.pop();
    for (const event of events) {
      const field = (name) => event.match(new RegExp(`^${name}: (.*)$`, 'm'))?.[1];
      last = field('id') ?? last;
      if (field('event') === 'request') await answer(JSON.parse(field('data')));
    }
  }
  return last;
}

let last;
for (;;) {
  try {
    last = await follow(last);
  } catch (error) {
    console.log(`The feed broke: ${error.message}`);
  }
  await new Promise((resolve) => setTimeout(resolve, 1_000));
}
