// A receiver of webhooks: takes what is signed with the secret and not old, and each delivery once.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const { SECRET, PORT = '9000' } = process.env;
if (!SECRET) {
  console.error('SECRET is missing: set it to the secret of the webhook, by which its deliveries are known.');
  process.exit(2);
}
const oldest = 300;
const taken = new Set();

function isOurs(headers, body) {
  const timestamp = headers['webhook-timestamp'] ?? '';
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > oldest) return false;
  const mac = createHmac('sha256', SECRET).update(`${timestamp}.`).update(body).digest('hex');
  const [right, given] = [Buffer.from(`v1=${mac}`), Buffer.from(headers['webhook-signature'] ?? '')];
  return right.length === given.length && timingSafeEqual(right, given);
}

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (!isOurs(request.headers, body)) return response.writeHead(401).end();
  const id = request.headers['webhook-id'];
  // At least once: what came before is only acknowledged. Keep ids where they outlive a restart.
  if (!taken.has(id)) {
    const { type, stream } = JSON.parse(body);
    console.log(`${type} in ${stream}`);
    taken.add(id);
  }
  return response.writeHead(204).end();
});
server.listen(Number(PORT), '127.0.0.1', () =>
  console.log(`Webhooks are taken at http://127.0.0.1:${server.address().port}/`),
);
